namespace StreamScoring.Expressions;

/// <summary>The type of an expression.</summary>
internal enum ExpressionType : byte
{
    /// <summary>A double; NaN is missing.</summary>
    Number,

    /// <summary>1, 0 or NaN for missing: three-valued logic after Kleene.</summary>
    Truth,

    /// <summary>A text, known by its hash.</summary>
    Text,
}
