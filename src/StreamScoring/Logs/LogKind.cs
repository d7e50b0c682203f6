namespace StreamScoring.Logs;

/// <summary>What a log carries.</summary>
public enum LogKind : byte
{
    Labels,
    Payments,

    /// <summary>Changes of the policy but for lists: one partition.</summary>
    Control,

    /// <summary>Entries of lists: one partition.</summary>
    Lists,
}
