namespace StreamScoring.State;

/// <summary>
/// Where snapshots are kept, by name. What bears its name is as its writer left it, or damaged
/// since; never half written.
/// </summary>
public interface ISnapshotStore
{
    /// <summary>Names of all snapshots, in any order.</summary>
    IReadOnlyList<string> List();

    /// <exception cref="IOException">It is not there, or cannot be read.</exception>
    Stream Open(string name);

    /// <summary>Writes one; it appears under its name when it is complete and synced.</summary>
    /// <exception cref="IOException">The disk is full or the store cannot be written.</exception>
    void Write(string name, Action<Stream> write);

    void Delete(string name);
}
