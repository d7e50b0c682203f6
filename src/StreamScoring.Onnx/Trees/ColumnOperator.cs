namespace StreamScoring.Onnx.Trees;

/// <summary>What a graph computes of a column on its way to the trees.</summary>
internal enum ColumnOperator : byte
{
    /// <summary>To the next float.</summary>
    Round,
    Add,
    Subtract,
    Multiply,
    Divide,
}
