namespace StreamScoring.Onnx.Inputs;

/// <summary>
/// Types of a tensor's elements, with the numbers of the format
/// (https://onnx.ai/onnx/repo-docs/IR.html, TensorProto.DataType).
/// </summary>
internal enum ElementType
{
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    UInt16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    Text = 8,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    UInt32 = 12,
    UInt64 = 13,
    BFloat16 = 16,
}

/// <summary>What can be said of a type.</summary>
internal static class ElementTypes
{
    /// <summary>Types that a feature can be given as: a number, or a text.</summary>
    public static bool IsTaken(this ElementType type) => Enum.IsDefined(type);

    /// <summary>Whether float32 holds every value of the type.</summary>
    public static bool FitsFloat(this ElementType type) => type is ElementType.Float or ElementType.Float16 or ElementType.BFloat16 or ElementType.Bool
        or ElementType.Int8 or ElementType.UInt8 or ElementType.Int16 or ElementType.UInt16;

    /// <summary>
    /// Which numbers the type has a value for, after they are cut to whole ones. Null: all, a
    /// missing one too.
    /// </summary>
    public static (double Min, double Max)? Range(this ElementType type) => type switch
    {
        ElementType.Bool => (double.NegativeInfinity, double.PositiveInfinity),
        ElementType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        ElementType.UInt8 => (0, byte.MaxValue),
        ElementType.Int16 => (short.MinValue, short.MaxValue),
        ElementType.UInt16 => (0, ushort.MaxValue),
        ElementType.Int32 => (int.MinValue, int.MaxValue),
        ElementType.UInt32 => (0, uint.MaxValue),
        ElementType.Int64 => (long.MinValue, Math.BitDecrement((double)long.MaxValue)),
        ElementType.UInt64 => (0, Math.BitDecrement((double)ulong.MaxValue)),
        _ => null,
    };
}
