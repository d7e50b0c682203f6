using StreamScoring.State;

namespace StreamScoring.Simulation;

/// <summary>A disk of snapshots, which may be full, and whose files may be torn or lost.</summary>
internal sealed class SimulatedSnapshots : ISnapshotStore
{
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <summary>How many bytes may still be written; null: any number.</summary>
    public int? BytesLeft { get; set; }

    public IReadOnlyList<string> List() => [.. _files.Keys];

    public Stream Open(string name) =>
        _files.TryGetValue(name, out var bytes) ? new MemoryStream(bytes, writable: false) : throw new FileNotFoundException(name);

    public void Write(string name, Action<Stream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        if (BytesLeft is { } left && stream.Length > left)
        {
            throw new IOException("no space left on device");
        }

        _files[name] = stream.ToArray();
    }

    public void Delete(string name) => _files.Remove(name);

    /// <summary>Tears, flips a bit of, or loses one of the files.</summary>
    /// <returns>What was done to which.</returns>
    public string Damage(Random random)
    {
        if (_files.Count == 0)
        {
            return "nothing to damage";
        }

        // Mostly the newest, the one that is wanted first.
        var name = _files.Keys.ElementAt(random.Next(3) > 0 ? _files.Count - 1 : random.Next(_files.Count));
        var bytes = _files[name].ToArray();
        switch (random.Next(3))
        {
            case 0:
                _files.Remove(name);
                return $"{name} lost";
            case 1:
                _files[name] = bytes[..random.Next(bytes.Length)];
                return $"{name} torn";
            default:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                _files[name] = bytes;
                return $"{name} damaged";
        }
    }
}
