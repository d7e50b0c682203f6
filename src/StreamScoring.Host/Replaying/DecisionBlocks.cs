namespace StreamScoring.Host.Replaying;

/// <summary>The batches of one partition's decisions, one block each, read from a file.</summary>
internal sealed class DecisionBlocks(string path, Interned texts) : IDisposable
{
    private readonly BinaryReader _file = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16));

    /// <summary>The vector of the block at a place, and where the next one begins.</summary>
    /// <returns>Null at the end.</returns>
    public (byte[] Vector, long Next)? HeadAt(long place)
    {
        _file.BaseStream.Position = place;
        if (place == _file.BaseStream.Length)
        {
            return null;
        }

        var vector = _file.ReadBytes(_file.ReadInt32());
        _file.ReadInt32();
        var bytes = _file.ReadInt32();
        return (vector, _file.BaseStream.Position + bytes);
    }

    /// <summary>The decisions of the block at a place.</summary>
    /// <param name="into">They are added.</param>
    /// <returns>The block's vector.</returns>
    public byte[] ReadAt(long place, List<RecordedVerdict> into)
    {
        _file.BaseStream.Position = place;
        var vector = _file.ReadBytes(_file.ReadInt32());
        var count = _file.ReadInt32();
        _file.ReadInt32();
        for (var i = 0; i < count; i++)
        {
            into.Add(RecordedVerdict.Read(_file, texts));
        }

        return vector;
    }

    public void Dispose() => _file.Dispose();
}
