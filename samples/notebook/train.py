"""Trains a model on features that scoring wrote, with scikit-learn, and writes it as ONNX.

    train.py --data data/served --label fraud --output data/notebook

--data is a folder of `scoring export --label-column`, or a table of `scoring backfill --label-column`
with `--with event_time`. The folder that is written has model.onnx, golden.csv (rows with what
scikit-learn gives for them, for `scoring models add --golden`) and holdout.csv (the latest payments,
which the model has not seen, for `scoring evaluate`). docs/notebook.md goes through it.
"""
import argparse
import json
import pathlib

import numpy
import onnx
import pandas
from onnx import TensorProto, helper
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import average_precision_score

# What an exported decision has beside its features.
FIELDS = """payment_id event_time decided_at action score probability raw level decided_by rules flags rung model
            model_version role policy feature_file source published_at received_at bounds""".split()

# Below every value, so that a missing one goes left in each split.
MISSING = -1e9

READERS = {".parquet": pandas.read_parquet, ".csv": pandas.read_csv, ".gz": pandas.read_csv}


def read(path):
    """All tables of a folder as one, or one table."""
    parts = sorted(part for part in path.rglob("*") if part.suffix in READERS) if path.is_dir() else [path]
    return pandas.concat([READERS[part.suffix](part) for part in parts], ignore_index=True)


def rows_of(table, inputs):
    """What the pipeline gives the model: 32-bit floats."""
    return table[inputs].fillna(MISSING).to_numpy(numpy.float32)


def not_above(thresholds):
    """The largest 32-bit floats that are not above the thresholds: x <= t is the same for them."""
    rounded = thresholds.astype(numpy.float32)
    return numpy.where(rounded > thresholds, numpy.nextafter(rounded, numpy.float32(-numpy.inf)), rounded)


def to_onnx(model, inputs):
    """The trees as TreeEnsembleClassifier: label, and the probability of each class."""
    nodes = {name: [] for name in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids", "missing_value_tracks_true", "hitrates")}
    leaves = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
    share = model.init_.class_prior_[1]
    for number, estimator in enumerate(model.estimators_[:, 0]):
        tree = estimator.tree_
        is_leaf = tree.children_left < 0
        nodes["treeids"] += [number] * tree.node_count
        nodes["nodeids"] += range(tree.node_count)
        nodes["featureids"] += numpy.where(is_leaf, 0, tree.feature).tolist()
        nodes["values"] += numpy.where(is_leaf, 0, not_above(tree.threshold)).tolist()
        nodes["modes"] += numpy.where(is_leaf, "LEAF", "BRANCH_LEQ").tolist()
        nodes["truenodeids"] += numpy.where(is_leaf, 0, tree.children_left).tolist()
        nodes["falsenodeids"] += numpy.where(is_leaf, 0, tree.children_right).tolist()
        nodes["missing_value_tracks_true"] += [1] * tree.node_count
        # Reasons weigh a split by how many rows went each way.
        nodes["hitrates"] += tree.n_node_samples.astype(float).tolist()
        leaves["treeids"] += [number] * int(is_leaf.sum())
        leaves["nodeids"] += numpy.flatnonzero(is_leaf).tolist()
        leaves["ids"] += [1] * int(is_leaf.sum())
        # Each row falls into one leaf of the first tree, so what all rows begin with may stand there.
        start = numpy.log(share / (1 - share)) if number == 0 else 0
        leaves["weights"] += (start + model.learning_rate * tree.value[is_leaf, 0, 0]).tolist()

    trees = helper.make_node(
        "TreeEnsembleClassifier", ["features"], ["label", "probabilities"], domain="ai.onnx.ml", classlabels_int64s=[0, 1], post_transform="LOGISTIC",
        **{f"nodes_{name}": values for name, values in nodes.items()}, **{f"class_{name}": values for name, values in leaves.items()})
    graph = helper.make_graph(
        [trees], "fraud",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, len(inputs)])],
        [helper.make_tensor_value_info("label", TensorProto.INT64, [None]), helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2])])
    file = helper.make_model(graph, producer_name="scikit-learn", opset_imports=[helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 3)])
    file.ir_version = 8
    # By this whoever loads the file knows which features it takes, in their order.
    helper.set_model_props(file, {"feature_names": json.dumps(inputs)})
    onnx.checker.check_model(file)
    return file


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=pathlib.Path, required=True)
    options.add_argument("--label", required=True)
    options.add_argument("--output", type=pathlib.Path, required=True)
    options.add_argument("--ignore", default="", help="columns that are no inputs, separated by commas")
    options.add_argument("--trees", type=int, default=60)
    given = options.parse_args()

    table = read(given.data)
    # Time decides what is held out, never chance: the future is what the model is for.
    table = table[table[given.label].notna()].sort_values(["event_time", "payment_id"], ignore_index=True)
    others = {*FIELDS, given.label, *given.ignore.split(",")}
    inputs = [name for name in table.columns if name not in others and pandas.api.types.is_numeric_dtype(table[name])]
    past, holdout = table.iloc[: len(table) * 7 // 10], table.iloc[len(table) * 7 // 10 :]
    model = GradientBoostingClassifier(n_estimators=given.trees, max_depth=4, subsample=0.5, max_features="sqrt", random_state=1)
    model.fit(rows_of(past, inputs), past[given.label])

    given.output.mkdir(parents=True, exist_ok=True)
    onnx.save(to_onnx(model, inputs), given.output / "model.onnx")
    probability = model.predict_proba(rows_of(holdout, inputs))[:, 1]
    # Some of every height, the riskiest among them.
    golden = numpy.unique(numpy.argsort(probability)[:: -max(1, len(probability) // 200)])
    holdout.iloc[golden][["payment_id", *inputs]].assign(expected_raw=probability[golden]).to_csv(given.output / "golden.csv", index=False)
    holdout[["payment_id", "event_time", *inputs, given.label]].to_csv(given.output / "holdout.csv", index=False)
    print(f"{len(past):,} payments to train on, {len(holdout):,} held out, {int(holdout[given.label].sum()):,} of them fraud; {len(inputs)} inputs")
    print(f"average precision {average_precision_score(holdout[given.label], probability):.3f} -> {given.output / 'model.onnx'}")


if __name__ == "__main__":
    main()
