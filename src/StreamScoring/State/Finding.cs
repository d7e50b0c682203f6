namespace StreamScoring.State;

/// <summary>What a payment is among those that were folded lately.</summary>
public enum Finding : byte
{
    /// <summary>None of its id is known.</summary>
    New,

    /// <summary>It was published before: the same id and content.</summary>
    Duplicate,

    /// <summary>
    /// Its id was given to a payment of other content: it is a payment of its own.
    /// </summary>
    Conflicting,
}
