#!/usr/bin/env python3
"""The recipe that `scoring train` is measured against: XGBoost, 300 trees of depth 4, everything else as XGBoost has it by default but the learning rate, seeds 0, 1 and 2.

  load-tests/training/reference.py --rows FEATURES.csv --inputs A,B,… --output FOLDER [--learning-rate 0.1]

Fits to the rows of 2018-05-08 to 2018-07-31 and writes FOLDER/seed-N.csv, which judge.py reads. Needs Debian's python3-xgboost and python3-numpy.
"""
import argparse, csv, pathlib

import numpy, xgboost

FROM, TO = "2018-05-08", "2018-08-01"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", required=True)
    parser.add_argument("--inputs", required=True)
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--share", type=float, default=0.8, help="of rows and of inputs, drawn for each tree")
    asked = parser.parse_args()
    inputs = asked.inputs.split(",")
    ids, days, labels, values = [], [], [], []
    with open(asked.rows) as file:
        reader = csv.reader(file)
        header = next(reader)
        columns = [header.index(name) for name in inputs]
        payment, time, label = (header.index(name) for name in ("payment_id", "event_time", "tx_fraud"))
        for row in reader:
            if row[time] >= FROM:
                ids.append(row[payment])
                days.append(row[time][:10])
                labels.append(float(row[label]))
                values.append(numpy.array([row[column] or "nan" for column in columns], dtype=numpy.float32))
    values, labels, days = numpy.stack(values), numpy.array(labels), numpy.array(days)
    fitted = days < TO
    asked.output.mkdir(parents=True, exist_ok=True)
    for seed in range(3):
        parameters = {"objective": "binary:logistic", "max_depth": 4, "eta": asked.learning_rate, "subsample": asked.share, "colsample_bytree": asked.share, "seed": seed, "tree_method": "hist", "nthread": 2}
        model = xgboost.train(parameters, xgboost.DMatrix(values[fitted], labels[fitted]), num_boost_round=300)
        probabilities = model.predict(xgboost.DMatrix(values))
        with open(asked.output / f"seed-{seed}.csv", "w") as file:
            file.write("payment_id,probability\n")
            file.writelines(f"{payment},{probability!r}\n" for payment, probability in zip(ids, probabilities.tolist()))


if __name__ == "__main__":
    main()
