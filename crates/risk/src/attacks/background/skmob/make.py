"""Makes people.csv and risks.csv beside it: what scikit-mobility 1.3.1 says of made-up people.

    python3 -m venv v && v/bin/pip install 'pandas<2' 'numpy<2' 'geopandas<1' 'shapely<2.1' 'fiona<1.10' \
        tqdm statsmodels scikit-learn folium 'h3<4' geojson requests powerlaw pooch igraph
    v/bin/pip install --no-deps scikit-mobility==1.3.1 && v/bin/python make.py

Two faults of it are mended before anything is asked (rows `location_time_hour`, `home_work`):
`date_time_precision` writes the month where the hour belongs, and `frequency_vector` puts the least
frequent locations first, of which HomeWorkAttack takes the first two as home and work.
"""
import os, random
import pandas as pd
from skmob.core.trajectorydataframe import TrajDataFrame
from skmob.privacy import attacks

here = os.path.dirname(os.path.abspath(__file__))
random.seed(7)
people = []
for uid in range(1, 11):
    home, work = random.choice([0, 0, 1, 2]), random.choice([1, 3, 3, 4])
    for _ in range(random.choice([2, 6, 7, 7])):
        day, hour, minute = random.randrange(2), random.choice([1, 9, 9, 10]), random.randrange(60)
        cell = random.randrange(6) if random.random() < .3 else home if hour == 1 else work
        people.append((uid, (day * 24 + hour) * 60 + minute, cell))
people = sorted(set(people))
with open(os.path.join(here, "people.csv"), "w") as out:
    out.write("person,minute,cell\n" + "".join("%d,%d,%d\n" % row for row in people))

start = pd.Timestamp("2026-03-02")
traj = TrajDataFrame(pd.DataFrame({
    "lat": [float(c) for _, _, c in people], "lng": [0.0] * len(people),
    "datetime": [start + pd.Timedelta(minutes=m) for _, m, _ in people], "uid": [u for u, _, _ in people],
}))

def by_hour(moment, precision):
    assert precision == "Hour"
    return moment.strftime("%Y%m%d%H")

def most_frequent_first(trajectory):
    freq = trajectory.groupby(["uid", "lat", "lng"]).size().reset_index(name="freq")
    return freq.sort_values(by=["uid", "freq", "lat"], ascending=[True, False, True])

as_is = dict(vars(attacks))
asked = [
    ("location", attacks.LocationAttack, {}, None),
    ("location_sequence", attacks.LocationSequenceAttack, {}, None),
    ("location_time_hour", attacks.LocationTimeAttack, {"time_precision": "Hour"}, ("date_time_precision", by_hour)),
    ("location_time_day", attacks.LocationTimeAttack, {"time_precision": "Day"}, None),
    ("unique_location", attacks.UniqueLocationAttack, {}, None),
    ("location_frequency", attacks.LocationFrequencyAttack, {"tolerance": 0.5}, None),
    ("location_probability", attacks.LocationProbabilityAttack, {"tolerance": 0.5}, None),
    ("location_proportion", attacks.LocationProportionAttack, {"tolerance": 0.5}, None),
    ("home_work", attacks.HomeWorkAttack, {}, ("frequency_vector", most_frequent_first)),
]
rows = ["attack,known,person,highest,mean\n"]
for name, attack, options, mended in asked:
    if mended:
        setattr(attacks, *mended)
    for known in ([1] if name == "home_work" else [1, 2, 3]):
        at = attack(known, **options)
        highest = dict(at.assess_risk(traj).itertuples(index=False))
        # The mean over all combinations is not offered; it is taken from the same two methods.
        prepared = []
        at._all_risks = lambda prepared_traj, *rest: prepared.append(prepared_traj)
        at.assess_risk(traj)
        (frame,) = prepared
        groups = [group for _, group in frame.groupby("uid")]
        for group in groups:
            risks = [1.0 / sum(at._match(other, instance) for other in groups)
                     for instance in at._generate_instances(group)]
            uid = group["uid"].iloc[0]
            rows.append("%s,%d,%d,%.6f,%.6f\n" % (name, known, uid, highest[uid], sum(risks) / len(risks)))
    if mended:
        setattr(attacks, mended[0], as_is[mended[0]])
with open(os.path.join(here, "risks.csv"), "w") as out:
    out.writelines(rows)
