using System.Text.Json;
using StreamScoring.Contracts;

namespace StreamScoring.Control;

/// <summary>The control log read from its beginning: what each record made of the policy.</summary>
public sealed class ControlHistory
{
    private readonly List<ControlEntry> _entries = [];

    /// <summary>In the order of the log.</summary>
    public IReadOnlyList<ControlEntry> Entries => _entries;

    /// <summary>What is in force behind the last record.</summary>
    public ControlState InForce { get; private set; } = ControlState.Empty;

    /// <summary>What was in force before a time.</summary>
    /// <param name="atMs">ms since the Unix epoch.</param>
    public ControlState At(long atMs) => _entries.FindLast(entry => entry.AtMs <= atMs)?.InForce ?? ControlState.Empty;

    /// <summary>Takes the log's next record.</summary>
    /// <param name="atMs">Its timestamp, ms since the Unix epoch.</param>
    public void Add(long offset, long atMs, ReadOnlyMemory<byte> value)
    {
        var before = InForce;
        try
        {
            var change = ControlChange.Read(value);
            InForce = before.With(change, offset, atMs, out var refusal);
            _entries.Add(new ControlEntry(offset, atMs, change, refusal, before, InForce));
        }
        catch (JsonException e)
        {
            _entries.Add(new ControlEntry(offset, atMs, null, $"it is no change of the policy: {e.Message}", before, before));
        }
    }
}

/// <summary>One record of the control log.</summary>
/// <param name="AtMs">Its timestamp, ms since the Unix epoch.</param>
/// <param name="Change">Null where it is none.</param>
/// <param name="Refusal">Why it does not count; null where it does.</param>
/// <param name="Before">What was in force before it.</param>
/// <param name="InForce">What is in force behind it.</param>
public sealed record ControlEntry(long Offset, long AtMs, ControlChange? Change, string? Refusal, ControlState Before, ControlState InForce);
