namespace StreamScoring.Onnx.Trees;

/// <summary>
/// How the weights of the leaves that a row falls into become one number a target: the operator's
/// <c>aggregate_function</c>.
/// </summary>
internal enum TreeAggregate : byte
{
    Sum,
    Average,
    Min,
    Max,
}
