namespace StreamScoring.Quality;

/// <summary>
/// The newest labels whose payments are not held: one may be decided a moment later.
/// </summary>
internal sealed class WaitingLabels(int countMax)
{
    private readonly Dictionary<ulong, long> _labels = [];
    private readonly Queue<ulong> _oldest = new();

    public int Count => _labels.Count;

    /// <param name="label">As <see cref="HeldDay"/> holds it: of two the greater holds.</param>
    public void Add(ulong key, long label)
    {
        if (_labels.TryGetValue(key, out var before))
        {
            _labels[key] = Math.Max(before, label);
            return;
        }

        if (_oldest.Count == countMax)
        {
            _labels.Remove(_oldest.Dequeue());
        }

        _oldest.Enqueue(key);
        _labels[key] = label;
    }

    /// <returns>0 for none.</returns>
    public long Take(ulong key) => _labels.Remove(key, out var label) ? label : 0;

    public void Write(BinaryWriter writer)
    {
        ulong[] keys = [.. _oldest.Distinct().Where(_labels.ContainsKey)];
        writer.Write(keys.Length);
        foreach (var key in keys)
        {
            writer.Write(key);
            writer.Write(_labels[key]);
        }
    }

    public void Read(BinaryReader reader)
    {
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            Add(reader.ReadUInt64(), reader.ReadInt64());
        }
    }
}
