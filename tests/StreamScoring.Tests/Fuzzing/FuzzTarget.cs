namespace StreamScoring.Tests.Fuzzing;

/// <summary>A decoder under test: what it is fed with, and what it promises.</summary>
/// <param name="Name">The folder of its corpus.</param>
/// <param name="Seeds">Valid inputs, which mutation starts from.</param>
/// <param name="Tokens">Starts of the parts of an input: mutation moves, repeats and replaces whole
/// parts.</param>
/// <param name="Words">Parts that hurt: lengths that lie, half escapes, openings without an
/// end.</param>
/// <param name="Run">Decodes; throws what the decoder throws.</param>
/// <param name="IsDocumented">Whether the decoder documents that exception.</param>
/// <param name="BytesBase">Bytes that decoding may allocate whatever the input: buffers, and the
/// exception's message.</param>
/// <param name="BytesPerByte">Bytes that it may allocate for each byte of input beyond
/// that.</param>
internal sealed record FuzzTarget(
    string Name, IReadOnlyList<byte[]> Seeds, Func<byte[], IReadOnlyList<int>> Tokens, IReadOnlyList<byte[]> Words, Action<byte[]> Run, Func<Exception, bool> IsDocumented,
    long BytesBase, long BytesPerByte)
{
    /// <summary>
    /// Longer inputs say nothing more: what grows with the input has grown by then.
    /// </summary>
    public const int InputBytesMax = 32 * 1024;

    /// <returns>What is wrong with the decoder, told by this input; null where it keeps its
    /// promises.</returns>
    public string? Check(byte[] input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            Run(input);
        }
        catch (Exception e)
        {
            if (!IsDocumented(e))
            {
                return $"{e.GetType().Name} is not documented: {e}";
            }
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var allowed = BytesBase + BytesPerByte * input.Length;
        return allocated <= allowed ? null : $"{input.Length} bytes made it allocate {allocated} bytes; {allowed} are allowed";
    }

    public override string ToString() => Name;
}
