using System.Globalization;
using System.Runtime.ExceptionServices;
using StreamScoring.Scoring;

namespace StreamScoring.Host.Evaluating;

/// <summary>
/// The rows of a table that a model gave no probability for, and why it gave none for the first.
/// </summary>
internal sealed class UnscoredRows
{
    private ModelFailedException? _timeOut;
    private string? _cause;
    private string? _first;

    public int Count { get; private set; }

    /// <summary>
    /// A call failed: of several rows, then of those by themselves that spoil it.
    /// </summary>
    public void Failed(Exception cause)
    {
        _cause = (cause as ModelFailedException)?.Reason ?? cause.Message;
        _timeOut ??= cause is ModelFailedException { Kind: ModelFailureKind.TimedOut } timeOut ? timeOut : null;
    }

    /// <exception cref="ModelFailedException">A call ran out of its time: nobody waits until every
    /// row has.</exception>
    public void ThrowTimeOut()
    {
        if (_timeOut is not null)
        {
            ExceptionDispatchInfo.Throw(_timeOut);
        }
    }

    public void Add(string id, double raw)
    {
        Count++;
        _first ??= double.IsNaN(raw)
            ? $"{id}: {_cause ?? "it gives NaN"}"
            : string.Create(CultureInfo.InvariantCulture, $"{id}: {raw:R} is no probability; say logit or score (--output-kind, or output.kind of the card)");
    }

    /// <summary>The first of them, and why; null where there is none.</summary>
    public string? First => _first;

    /// <summary>How many, and the first of them.</summary>
    public override string ToString() => $"{Count:N0} have no probability; the first is {_first}";
}
