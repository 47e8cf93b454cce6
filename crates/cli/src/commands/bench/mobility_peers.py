"""The five products of `erewhon bench mobility` by DuckDB or Polars; definitions in docs/measures.md.

run ENGINE EVENTS CELLS CORES OUT   computes; prints wall and CPU seconds; writes where OUT is not `-`
sort EVENTS OUT                     the same events by user and time
agree OURS THEIRS                   prints for each product in how many rows the two differ
"""
import os
import resource
import sys
import time

HOME, WORK, PRESENCE, FLOWS, RADIUS = PRODUCTS = [
    "home_nights", "work_days", "presence_hourly", "flows_daily", "space",
]
NIGHT = "(hour(ts) >= 19 OR hour(ts) < 7)"
OFFICE = "isodow(ts) <= 5 AND (hour(ts) BETWEEN 9 AND 11 OR hour(ts) BETWEEN 14 AND 16)"


def modal(day, hours):
    return f"""
        WITH days AS (SELECT user, cell, {day} AS day, count(*) AS k FROM events WHERE {hours} GROUP BY ALL),
             cells AS (SELECT user, cell, count(*) AS days, sum(k) AS k FROM days GROUP BY ALL)
        SELECT user, arg_max(cell, (days, k, -cell::INT)) AS cell, max(days) AS days FROM cells GROUP BY user"""


def duckdb_queries(cells):
    arc = ("2 * 6371008.8 * asin(sqrt(sin(radians(lat - lat0) / 2) ** 2 + "
           "cos(radians(lat)) * cos(radians(lat0)) * sin(radians(lon - lon0) / 2) ** 2))")
    return {
        HOME: modal("(ts - INTERVAL 7 HOUR)::DATE", NIGHT),
        WORK: modal("ts::DATE", OFFICE),
        PRESENCE: """
            WITH seen AS (SELECT DISTINCT cell, date_trunc('hour', ts) AS hour, user FROM events)
            SELECT cell, hour, count(*) AS subscribers FROM seen GROUP BY ALL""",
        FLOWS: """
            WITH steps AS (SELECT user, ts::DATE AS day, cell,
                    lag(cell) OVER (PARTITION BY user, ts::DATE ORDER BY ts) AS before FROM events),
                 each AS (SELECT day, before, cell, user, count(*) AS k FROM steps
                    WHERE before <> cell GROUP BY ALL)
            SELECT day, before, cell, sum(k)::BIGINT AS trips, count(*) AS subscribers
            FROM each GROUP BY ALL""",
        RADIUS: f"""
            WITH seen AS (SELECT user, cell, count(*) AS k FROM events GROUP BY ALL),
                 there AS (SELECT user, k, lat, lon FROM seen JOIN '{cells}' USING (cell)),
                 mid AS (SELECT user, sum(k * lat) / sum(k) AS lat0, sum(k * lon) / sum(k) AS lon0
                    FROM there GROUP BY user)
            SELECT user, sqrt(sum(k * ({arc}) ** 2) / sum(k)) AS radius_m
            FROM there JOIN mid USING (user) GROUP BY user""",
    }


def by_duckdb(events, cells, cores):
    import duckdb
    con = duckdb.connect()
    con.execute(f"SET threads = {cores}")
    con.execute("SET preserve_insertion_order = false")
    con.execute(f"CREATE TABLE events AS SELECT user, ts, cell FROM '{events}'")
    return {name: con.sql(query).to_arrow_table() for name, query in duckdb_queries(cells).items()}


def by_polars(events, cells):
    """One sort of packed words for the flows is four times as quick as a window function."""
    import polars as pl
    c = pl.col
    first_s = 1704067200
    rows = pl.scan_parquet(events).select("user", "ts", "cell").collect(engine="streaming").lazy()
    hour = c("ts").dt.hour()

    def modal(rows, day):
        days = rows.group_by("user", "cell", day.alias("day")).agg(k=pl.len())
        cells = days.group_by("user", "cell").agg(days=pl.len(), k=c("k").sum())
        rank = c("days").cast(pl.Int64) * (1 << 40) + c("k").cast(pl.Int64) * (1 << 17) - c("cell").cast(pl.Int64)
        best = cells.with_columns(rank=rank).group_by("user")
        return best.agg(c("cell").get(c("rank").arg_max()), c("days").max())

    office = (c("ts").dt.weekday() <= 5) & (hour.is_between(9, 11) | hour.is_between(14, 16))
    word = c("user").cast(pl.UInt64) * (1 << 40) + c("cell").cast(pl.UInt64)
    word += (c("ts").dt.epoch("s") - first_s).cast(pl.UInt64) * (1 << 16)
    day = lambda w: c(w) // (1 << 16) % (1 << 24) // 86400
    steps = rows.select(w=word).sort("w").with_columns(b=c("w").shift(1)).filter(
        (c("w") // (1 << 40) == c("b") // (1 << 40)) & (day("w") == day("b"))
        & (c("w") % 65536 != c("b") % 65536))
    steps = steps.select(key=day("w") * (1 << 32) + c("b") % 65536 * 65536 + c("w") % 65536,
                         user=(c("w") // (1 << 40)).cast(pl.UInt32))
    flows = steps.group_by("key", "user").agg(k=pl.len())
    flows = flows.group_by("key").agg(trips=c("k").sum(), subscribers=pl.len())
    at = rows.group_by("user", "cell").agg(k=pl.len()).join(
        pl.scan_parquet(cells).select("cell", "lat", "lon"), on="cell")
    mean = lambda x: (c("k") * c(x)).sum() / c("k").sum()
    mid = at.group_by("user").agg(lat0=mean("lat"), lon0=mean("lon"))
    lat, lon, lat0, lon0 = (c(x).radians() for x in ("lat", "lon", "lat0", "lon0"))
    arc = ((lat - lat0) / 2).sin() ** 2 + lat.cos() * lat0.cos() * ((lon - lon0) / 2).sin() ** 2
    radius = at.join(mid, on="user").with_columns(d=(2 * 6371008.8 * arc.sqrt().arcsin()) ** 2)
    plans = {
        HOME: modal(rows.filter((hour >= 19) | (hour < 7)), c("ts").dt.offset_by("-7h").dt.date()),
        WORK: modal(rows.filter(office), c("ts").dt.date()),
        PRESENCE: rows.group_by("cell", c("ts").dt.truncate("1h").alias("hour")).agg(
            subscribers=c("user").n_unique()),
        FLOWS: flows.select(
            day=(c("key") // (1 << 32) + first_s // 86400).cast(pl.Int32).cast(pl.Date),
            before=(c("key") // 65536 % 65536).cast(pl.UInt16),
            cell=(c("key") % 65536).cast(pl.UInt16), trips="trips", subscribers="subscribers"),
        RADIUS: radius.group_by("user").agg(
            radius_m=((c("k") * c("d")).sum() / c("k").sum()).sqrt()),
    }
    return {name: plan.collect(engine="streaming").to_arrow() for name, plan in plans.items()}


def run(engine, events, cells, cores, out):
    if engine == "polars":
        os.environ["POLARS_MAX_THREADS"] = cores
        import polars  # noqa: F401
    else:
        import duckdb  # noqa: F401
    used = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    cpu, wall = used(), time.perf_counter()
    tables = by_polars(events, cells) if engine == "polars" else by_duckdb(events, cells, cores)
    print(time.perf_counter() - wall, used() - cpu)
    if out != "-":
        import pyarrow.parquet as pq
        os.makedirs(out, exist_ok=True)
        for name, table in tables.items():
            pq.write_table(table, f"{out}/{name}.parquet")


def sort(events, out):
    import pyarrow.parquet as pq
    table = pq.read_table(events).sort_by([("user", "ascending"), ("ts", "ascending")])
    pq.write_table(table, out, compression="zstd", row_group_size=250_000)


def agree(ours, theirs):
    import polars as pl
    c = pl.col
    number = lambda x: c(x).cast(pl.String).str.slice(1).cast(pl.UInt32)
    whole = lambda *names: [c(x).cast(pl.Int64) for x in names]
    for name in PRODUCTS:
        a, b = (pl.read_parquet(f"{side}/{name}.parquet") for side in (ours, theirs))
        if name in (HOME, WORK):
            a = a.drop_nulls("cell").select(c("subscriber").alias("user"), number("cell").alias("cell"), *whole("days"))
            b = b.select(c("user").cast(pl.UInt64), c("cell").cast(pl.UInt32), *whole("days"))
        elif name == PRESENCE:
            hour = c("day").cast(pl.Datetime("ms")) + pl.duration(hours=c("hour"))
            a = a.select(number("zone").alias("cell"), hour.alias("hour"), c("subscribers").cast(pl.Int64))
            b = b.select(c("cell").cast(pl.UInt32), c("hour").cast(pl.Datetime("ms")), c("subscribers").cast(pl.Int64))
        elif name == FLOWS:
            a = a.select("day", number("from_zone").alias("before"), number("to_zone").alias("cell"),
                         c("jumps").cast(pl.Int64).alias("trips"), c("subscribers").cast(pl.Int64))
            b = b.select("day", c("before").cast(pl.UInt32), c("cell").cast(pl.UInt32),
                         c("trips").cast(pl.Int64), c("subscribers").cast(pl.Int64))
        else:
            a = a.select(c("subscriber").alias("user"), c("radius_of_gyration_m").alias("radius_m"))
            b = b.select(c("user").cast(pl.UInt64), "radius_m")
        a, b = (x.sort(x.columns) for x in (a, b))
        if name == RADIUS and a["user"].equals(b["user"]):
            # To a thousandth of a millimetre.
            a, b = a["radius_m"], b["radius_m"]
            near = ((a - b).abs() <= 1e-6).fill_null(False) | (a.is_null() & b.is_null())
            differ, a = (~near).sum(), a.to_frame()
        elif a.height == b.height:
            differ = a.select(~pl.all_horizontal(c(x).eq_missing(b[x]) for x in a.columns)).sum().item()
        else:
            differ = abs(a.height - b.height)
        print(name, a.height, differ)


{"run": run, "sort": sort, "agree": agree}[sys.argv[1]](*sys.argv[2:])
