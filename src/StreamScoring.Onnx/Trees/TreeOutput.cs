namespace StreamScoring.Onnx.Trees;

/// <summary>How the aggregates of a row become its outputs.</summary>
internal enum TreeOutput : byte
{
    /// <summary>One output for each target, transformed.</summary>
    OneEach,

    /// <summary>
    /// One output for the only target of a regressor, to which ONNX Runtime applies no transform.
    /// </summary>
    OneBare,

    /// <summary>
    /// One aggregate s for two classes, all weights positive, not logistic: 1 - s and s.
    /// </summary>
    Complement,

    /// <summary>
    /// One aggregate s for two classes: the transforms of -s and s, where the only transform is the
    /// logistic one.
    /// </summary>
    Opposite,
}
