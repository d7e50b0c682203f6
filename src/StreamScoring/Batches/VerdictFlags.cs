using System.Diagnostics.CodeAnalysis;

namespace StreamScoring.Batches;

/// <summary>
/// What a reader of a decision should know about it. Decisions name them in this order.
/// </summary>
[Flags]
[SuppressMessage("Naming", "CA1711", Justification = "Decisions call them flags.")]
public enum VerdictFlags : byte
{
    None = 0,

    /// <summary>It was past its budget when it was decided.</summary>
    Late = 1,

    /// <summary>No model gave a number.</summary>
    Unscored = 2,

    /// <summary>The payment was published before.</summary>
    Duplicate = 4,

    /// <summary>A feature may lack events, or count too many.</summary>
    Approximate = 8,

    /// <summary>Its id was another payment's.</summary>
    ConflictingId = 16,

    /// <summary>The model that was asked had no number, and another one stood in.</summary>
    StandIn = 32,
}
