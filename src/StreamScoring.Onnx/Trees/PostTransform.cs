namespace StreamScoring.Onnx.Trees;

/// <summary>
/// What is done with the aggregates of a row: the operator's <c>post_transform</c>.
/// </summary>
internal enum PostTransform : byte
{
    None,
    Logistic,
    Softmax,
    SoftmaxZero,
}
