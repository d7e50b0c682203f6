namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// A topic of inputs, by its id: all that was ever published to it, also what is gone.
/// </summary>
/// <param name="Id">In base64: a topic that is made anew has another.</param>
/// <param name="Records">Each partition in offset order.</param>
/// <param name="Deletions">What was deleted from its partitions' beginnings.</param>
/// <param name="IsFormer">It was deleted, and another one of its name was made.</param>
public sealed record InputTopic(string Name, string Id, IReadOnlyList<LogRecord> Records, IReadOnlyList<Deletion> Deletions, bool IsFormer = false)
{
    /// <summary>Before this offset records are gone.</summary>
    public long BeginOf(int partition) => Deletions.Where(deletion => deletion.Partition == partition).Select(deletion => deletion.Before).DefaultIfEmpty().Max();

    /// <summary>A place in it as a violation names it.</summary>
    public string Place(int partition, long offset) => $"{Name}/{partition}/{offset}{(IsFormer ? $" of the former topic {Id}" : "")}";
}
