namespace StreamScoring.Tests.Onnx;

/// <summary>The forms in which ONNX has trees.</summary>
internal enum TreeForm
{
    /// <summary>TreeEnsembleClassifier or TreeEnsembleRegressor, of floats.</summary>
    Lists,

    /// <summary>The same of doubles, which stand in tensors.</summary>
    ListsOfDoubles,

    /// <summary>TreeEnsemble of ai.onnx.ml 5, of floats.</summary>
    Roots,

    /// <summary>The same of doubles.</summary>
    RootsOfDoubles,
}
