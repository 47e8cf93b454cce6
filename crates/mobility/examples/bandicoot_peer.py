"""bandicoot beside the example of the same name.

split CDR DIR N     from gen_cdr's cdr.parquet a file of bandicoot's format for each of N subscribers, and in
                    DIR/recharges one of top-ups, which gen_cdr has not: one after every 25 records
run DIR ANTENNAS S  all indicators of as many files as S seconds of processor time let through
"""
import inspect
import os
import sys
import time


def put_back():
    """Two functions of `inspect` that Python 3.11 removed and bandicoot 0.6.0 calls."""

    def getargspec(f):
        spec = inspect.getfullargspec(f)
        return spec.args, spec.varargs, spec.varkw, spec.defaults

    def formatargspec(args, varargs=None, varkw=None, defaults=None,
                      formatvalue=lambda value: "=" + repr(value)):
        bare = len(args) - len(defaults or ())
        parts = list(args[:bare])
        parts += [a + formatvalue(d) for a, d in zip(args[bare:], defaults or ())]
        parts += ["*" + varargs] if varargs else []
        parts += ["**" + varkw] if varkw else []
        return "(" + ", ".join(parts) + ")"

    inspect.getargspec, inspect.formatargspec = getargspec, formatargspec


def run(directory, antennas, seconds):
    put_back()
    import bandicoot

    records, spent, begun = 0, 0.0, time.process_time()
    names = sorted(name[:-4] for name in os.listdir(directory) if name.endswith(".csv"))
    recharges = os.path.join(directory, "recharges")
    recharges = recharges if os.path.isdir(recharges) else None
    for name in names:
        user = bandicoot.read_csv(name, directory, antennas, recharges_path=recharges, describe=False, warnings=False)
        before = time.process_time()
        try:
            said = bandicoot.utils.all(user, flatten=True)
        except ZeroDivisionError:  # It divides by the whole days between the first top-up and the last.
            said = {}
        spent += time.process_time() - before
        records += len(user.records) + len(user.recharges)
        for column, value in said.items():
            if isinstance(value, bool):
                value = int(value)
            if value is None or isinstance(value, (int, float)):
                print(name, column, value, sep="\t")
        if spent > float(seconds):
            break
    print("rate", records / spent, records / (time.process_time() - begun), sep="\t")


def split(cdr, directory, subscribers):
    import pyarrow.parquet as parquet

    columns = ["user_id", "ts", "cell_id", "event_type", "direction", "duration", "correspondent"]
    table = parquet.read_table(cdr, columns=columns).sort_by([("user_id", "ascending"), ("ts", "ascending")])
    os.makedirs(os.path.join(directory, "recharges"))
    known, file, topups, written = None, None, None, 0
    words = {"call": "call", "sms": "text", "data": ""}
    for batch in table.to_batches(100_000):
        for row in batch.to_pylist():
            if row["user_id"] != known:
                subscribers = int(subscribers) - 1
                if subscribers < 0:
                    return
                known = row["user_id"]
                file = open(os.path.join(directory, known + ".csv"), "w")
                print("interaction,direction,correspondent_id,datetime,call_duration,antenna_id", file=file)
                topups = open(os.path.join(directory, "recharges", known + ".csv"), "w")
                print("datetime,amount,retailer_id", file=topups)
            # A record of a place alone is read only with a direction, and a duration only of calls.
            duration = row["duration"] if row["event_type"] == "call" else ""
            written += 1
            if written % 25 == 0:
                print(row["ts"].strftime("%Y-%m-%d %H:%M:%S"), 100 + written * 7919 % 2000, "", sep=",", file=topups)
            print(words[row["event_type"]], row["direction"], row["correspondent"] or "",
                  row["ts"].strftime("%Y-%m-%d %H:%M:%S"), duration, row["cell_id"], sep=",", file=file)


if __name__ == "__main__":
    {"run": run, "split": split}[sys.argv[1]](*sys.argv[2:])
