"""What `erewhon ingest` writes of a gen_cdr file, by DuckDB; prints the rows written.

Pseudonyms are `hash()`, the cheapest that DuckDB has: 64 bits without a key.
"""
import sys

import duckdb

events, cells, first_day, days, zone, cores, out = sys.argv[1:]
con = duckdb.connect()
con.execute("SET threads = " + cores)
con.execute("SET enable_progress_bar = false")
con.execute("SET preserve_insertion_order = false")
con.execute("SET temp_directory = ?", [out + ".spilled"])


def text(value):
    return "'" + value.replace("'", "''") + "'"


written = con.execute(f"""
    COPY (
        WITH cells AS (
            SELECT cell_id, row_number() OVER () - 1 AS cell
            FROM read_csv({text(cells)}, header = true, types = {{'cell_id': 'VARCHAR'}})
        )
        SELECT
            hash(user_id) >> 60 AS range,
            hash(user_id) AS subscriber,
            epoch_ms(timezone({text(zone)}, ts)) AS time_utc_ms,
            cell::UINTEGER AS cell,
            (CASE event_type
                WHEN 'call' THEN CASE direction WHEN 'out' THEN 0 ELSE 1 END
                WHEN 'sms' THEN CASE direction WHEN 'out' THEN 2 ELSE 3 END
                ELSE 4
            END)::UTINYINT AS kind,
            coalesce(duration, 0)::UINTEGER AS duration_s,
            0::UBIGINT AS bytes_up,
            0::UBIGINT AS bytes_down,
            CASE WHEN correspondent <> '' THEN hash(correspondent) END AS peer,
            NULL::UINTEGER AS home_network,
            0::UTINYINT AS device
        FROM read_csv({text(events)}, header = true, delim = ',', quote = '"', columns = {{
            'user_id': 'VARCHAR', 'ts': 'TIMESTAMP', 'cell_id': 'VARCHAR', 'event_type': 'VARCHAR',
            'direction': 'VARCHAR', 'duration': 'UINTEGER', 'correspondent': 'VARCHAR'}})
        JOIN cells USING (cell_id)
        WHERE user_id <> ''
            AND ts >= DATE {text(first_day)} AND ts < DATE {text(first_day)} + {int(days)}
        ORDER BY range, subscriber, time_utc_ms
    ) TO {text(out)} (FORMAT parquet, PARTITION_BY (range), COMPRESSION lz4_raw,
                      ROW_GROUP_SIZE 131072)
""").fetchone()[0]
print(written)
