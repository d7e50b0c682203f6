namespace StreamScoring.Mapping;

/// <summary>What becomes of decimals beyond those of the currency.</summary>
public enum RoundingRule
{
    /// <summary>They are an error, unless they are zeros.</summary>
    Refuse,

    /// <summary>To the nearest, a half to the even one.</summary>
    HalfEven,

    /// <summary>To the nearest, a half away from 0.</summary>
    HalfUp,

    /// <summary>Towards 0.</summary>
    Down,
}
