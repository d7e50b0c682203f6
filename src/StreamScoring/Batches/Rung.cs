namespace StreamScoring.Batches;

/// <summary>How much of the deadline ladder a payment got.</summary>
public enum Rung : byte
{
    /// <summary>The champion.</summary>
    Full,

    /// <summary>The fallback, a smaller model.</summary>
    Small,

    /// <summary>No model.</summary>
    Rules,
}
