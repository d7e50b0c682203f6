namespace StreamScoring.Onnx.Trees;

/// <summary>
/// How many training rows reached each node, where the operator's <c>nodes_hitrates</c> says it:
/// many converters write 1 for every node.
/// </summary>
internal sealed class HitRates
{
    private readonly IReadOnlyList<double> _rates;

    /// <param name="rates">By node; of no use unless it is there for every node, positive, and not
    /// the same for all.</param>
    public HitRates(IReadOnlyList<double> rates, int nodeCount) =>
        _rates = rates.Count == nodeCount && rates.All(rate => rate > 0 && double.IsFinite(rate)) && rates.Any(rate => rate != rates[0]) ? rates : [];

    public bool AreKnown => _rates.Count > 0;

    /// <returns>Share of a split's rows that go to the child where its comparison holds, in (0, 1);
    /// a half where the rates do not say.</returns>
    /// <param name="falseIsShared">Whether the other child has several parents: its rate then
    /// counts the rows of them all.</param>
    public double TrueShare(int node, int whenTrue, int whenFalse, bool falseIsShared)
    {
        if (!AreKnown)
        {
            return 0.5;
        }

        var share = _rates[whenTrue] / (falseIsShared ? _rates[node] : _rates[whenTrue] + _rates[whenFalse]);
        return share < 1 ? share : 0.5;
    }
}
