#!/usr/bin/env python3
"""Judges scores by the handbook's protocol, without any code of the program.

  load-tests/training/judge.py --rows FEATURES.csv --scores SCORES.csv [SCORES.csv …] [--week 2018-08-08 …]

FEATURES.csv is what `scoring backfill --label-column tx_fraud --with event_time,customer_id` wrote, SCORES.csv what `scoring score` wrote of the same rows. From day D of a week on,
customers with a fraud in the training week that the protocol names (14 days before the week) up to D - 8 are left out. Average precision and AUC are of all rows of the week that are left,
ties count as one; CP@100 takes the highest score of each customer of a day, leaves out who an earlier day of the week found, breaks ties by the customer's number.
"""
import argparse, csv, datetime, json, statistics

WEEKS = ["2018-08-01", "2018-08-08", "2018-08-15", "2018-08-22"]
K = 100


def rows_of(path):
    """(day, customer, fraud) by payment id."""
    with open(path) as file:
        reader = csv.reader(file)
        header = next(reader)
        at = [header.index(name) for name in ("payment_id", "event_time", "customer_id", "tx_fraud")]
        return {row[at[0]]: (row[at[1]][:10], int(row[at[2]]), int(float(row[at[3]]))) for row in reader}


def scores_of(path):
    with open(path) as file:
        reader = csv.reader(file)
        header = next(reader)
        at = [header.index(name) for name in ("payment_id", "probability")]
        return {row[at[0]]: float(row[at[1]]) for row in reader}


def judge(rows, scores, first):
    first = datetime.date.fromisoformat(first)
    training = (first - datetime.timedelta(days=14)).isoformat()
    frauds, by_day = {}, {}
    for payment, (day, customer, fraud) in rows.items():
        if fraud:
            frauds.setdefault(day, set()).add(customer)
        by_day.setdefault(day, []).append(payment)
    judged, precisions, found = [], [], set()
    for offset in range(7):
        day = first + datetime.timedelta(days=offset)
        known_to = (day - datetime.timedelta(days=8)).isoformat()
        known = set().union(*(customers for when, customers in frauds.items() if training <= when <= known_to))
        today = [payment for payment in by_day.get(day.isoformat(), []) if rows[payment][1] not in known]
        judged += [(scores[payment], rows[payment][2]) for payment in today]
        cards = {}
        for payment in today:
            _, customer, fraud = rows[payment]
            score, was = cards.get(customer, (-1.0, 0))
            cards[customer] = (max(score, scores[payment]), max(was, fraud))
        ranked = sorted((-score, customer, fraud) for customer, (score, fraud) in cards.items() if customer not in found)[:K]
        hits = {customer for _, customer, fraud in ranked if fraud}
        precisions.append(len(hits) / K)
        found |= hits
    auc, average = ranking(judged)
    return {"week": first.isoformat(), "rows": len(judged), "frauds": sum(fraud for _, fraud in judged), "auc": round(auc, 4), "average_precision": round(average, 4),
            "card_precision_at_100": round(statistics.mean(precisions), 4)}


def ranking(judged):
    judged = sorted(judged, reverse=True)
    total = sum(fraud for _, fraud in judged)
    auc = average = 0.0
    caught = seen = i = 0
    while i < len(judged):
        end, tied = i, 0
        while end < len(judged) and judged[end][0] == judged[i][0]:
            tied += judged[end][1]
            end += 1
        auc += (end - i - tied) * (caught + tied / 2)
        caught, seen, i = caught + tied, end, end
        average += tied / total * caught / seen if tied else 0
    return auc / (total * (len(judged) - total)), average


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", required=True)
    parser.add_argument("--scores", required=True, nargs="+")
    parser.add_argument("--week", nargs="+", default=WEEKS)
    asked = parser.parse_args()
    rows = rows_of(asked.rows)
    for path in asked.scores:
        scores = scores_of(path)
        for week in asked.week:
            print(json.dumps({"scores": path, **judge(rows, scores, week)}))


if __name__ == "__main__":
    main()
