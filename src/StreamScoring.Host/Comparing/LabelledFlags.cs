namespace StreamScoring.Host.Comparing;

/// <summary>What a model flagged among payments whose label is known.</summary>
internal sealed class LabelledFlags
{
    private long _flagged, _flaggedFrauds, _frauds;

    public void Add(bool isFlagged, bool isFraud)
    {
        _flagged += isFlagged ? 1 : 0;
        _frauds += isFraud ? 1 : 0;
        _flaggedFrauds += isFlagged && isFraud ? 1 : 0;
    }

    public long Frauds => _frauds;

    public long Flagged => _flagged;

    /// <summary>Null where nothing was flagged.</summary>
    public double? Precision => _flagged == 0 ? null : (double)_flaggedFrauds / _flagged;

    /// <summary>Null where there is no fraud.</summary>
    public double? Recall => _frauds == 0 ? null : (double)_flaggedFrauds / _frauds;
}
