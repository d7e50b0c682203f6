#!/usr/bin/env python3
"""The 15 features of topology/handbook/features.yaml with pandas, as the handbook computes them: rolling windows by group.

  pandas_features.py --output FILE TABLE…
"""
import argparse
import time

import numpy
import pandas

DELAY_DAYS, WINDOW_DAYS = 7, (1, 7, 30)


def rolling(table, key, column, days):
    """(t - days, t] of each row's key, in the rows' order."""
    sums = table.groupby(key)[["at", column]].rolling(f"{days}D", on="at")[column].sum().to_numpy()
    # The groups come one after the other, each in its order.
    by_row = numpy.empty_like(sums)
    by_row[table[key].argsort(kind="stable")] = sums
    return by_row


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--output", required=True)
    options.add_argument("tables", nargs="+")
    given = options.parse_args()

    began = time.monotonic()
    table = pandas.concat([pandas.read_csv(path) for path in given.tables], ignore_index=True)
    table["at"] = pandas.to_datetime(table["tx_datetime"], utc=True).dt.tz_localize(None)
    table = table.sort_values(["at", "transaction_id"], ignore_index=True)
    table["one"] = 1.0
    read = time.monotonic()

    features = pandas.DataFrame({"payment_id": table["transaction_id"], "tx_amount": table["amount_minor"] / 100})
    features["is_weekend"] = (table["at"].dt.weekday >= 5).astype(int)
    features["is_night"] = (table["at"].dt.hour <= 6).astype(int)
    for days in WINDOW_DAYS:
        count = rolling(table, "customer_id", "one", days)
        features[f"customer_nb_tx_{days}d"] = count
        features[f"customer_avg_amount_{days}d"] = rolling(table, "customer_id", "amount_minor", days) / (100 * count)
    unknown = {column: rolling(table, "terminal_id", column, DELAY_DAYS) for column in ("one", "tx_fraud")}
    for days in WINDOW_DAYS:
        count = rolling(table, "terminal_id", "one", DELAY_DAYS + days) - unknown["one"]
        frauds = rolling(table, "terminal_id", "tx_fraud", DELAY_DAYS + days) - unknown["tx_fraud"]
        features[f"terminal_nb_tx_{days}d"] = count
        features[f"terminal_risk_{days}d"] = numpy.divide(frauds, count, out=numpy.zeros_like(count), where=count > 0)
    computed = time.monotonic()

    features.to_csv(given.output, index=False)
    print(f"read {read - began:.2f} compute {computed - read:.2f} write {time.monotonic() - computed:.2f}")


if __name__ == "__main__":
    main()
