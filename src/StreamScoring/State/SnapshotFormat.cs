namespace StreamScoring.State;

/// <summary>
/// The snapshot file, little-endian. Eight bytes of magic with the version; then blocks, each of
/// kind (int32), length (int32), content, and the XXH3 (64 bits) of the three. First the head
/// (JSON), then clocks, payments, duplicates and conflicts, the policy and lists
/// (<see cref="PolicyBlocks"/>) where these come from logs, then key images, at last the end: the
/// digest.
/// </summary>
internal static class SnapshotFormat
{
    public const int Version = 4;

    /// <summary>Kinds of blocks; an entity's images have its index, from 0 on.</summary>
    public const int Head = -1, Payments = -2, End = -3, Duplicates = -4, Clocks = -5, Conflicts = -6, Policy = -7, ListEntries = -8;

    public const int BlockBytesMax = 1 << 30;

    public static ReadOnlySpan<byte> Magic => "SCSTATE\u0004"u8;
}
