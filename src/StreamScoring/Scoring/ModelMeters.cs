using System.Diagnostics.Metrics;
using StreamScoring.Batches;
using StreamScoring.Signals;

namespace StreamScoring.Scoring;

/// <summary>Decisions by the model that scored them and by what came of them.</summary>
public sealed class ModelMeters
{
    private static readonly string[] Actions = [.. Enum.GetNames<DecisionAction>().Select(name => name.ToLowerInvariant())];

    private readonly Counter<long>[] _decisions;
    private readonly Counter<long>[] _standIns;
    private readonly Counter<long>[] _scores;
    private readonly long[] _decisionCounts, _standInCounts, _scoreCounts;

    /// <param name="models">Ids and roles, in the order of the policy's models.</param>
    public ModelMeters(EngineMeter meter, IReadOnlyList<(string Id, ModelRole Role)> models)
    {
        var decisions = meter.CreateCounter("scoring_model_decisions_total", "Decisions by the model that gave the score, its role, and the action.", ["model", "role", "action"]);
        var standIns = meter.CreateCounter("scoring_stand_ins_total", "Payments for which a model had no number and another one stood in, by the model that was asked.", ["model"]);
        _decisions = [.. models.SelectMany(model => Actions.Select(action => decisions.With(model.Id, model.Role.ToString().ToLowerInvariant(), action)))];
        _standIns = [.. models.Select(model => standIns.With(model.Id))];
        var scores = ScoreCounts.Create(meter);
        _scores = [.. models.SelectMany(model => ScoreCounts.Of(scores, model.Id, model.Role.ToString().ToLowerInvariant()))];
        (_decisionCounts, _standInCounts, _scoreCounts) = (new long[_decisions.Length], new long[_standIns.Length], new long[_scores.Length]);
    }

    /// <summary>
    /// Counts a decided batch. From the deciding thread. Payments that came again do not count.
    /// </summary>
    public void Decided(PaymentBatch batch)
    {
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            var given = batch.ModelGiven[rowIndex];
            if (given == PaymentBatch.NoModel || batch.IsDuplicate[rowIndex])
            {
                continue;
            }

            _decisionCounts[(given * Actions.Length) + (int)batch.Action[rowIndex]]++;
            _scoreCounts[(given * ScoreCounts.Count) + ScoreCounts.IndexOf(batch.Score[rowIndex])]++;
            if (given != batch.ModelAsked[rowIndex])
            {
                _standInCounts[batch.ModelAsked[rowIndex]]++;
            }
        }

        ScoreCounts.Add(_decisions, _decisionCounts);
        ScoreCounts.Add(_standIns, _standInCounts);
        ScoreCounts.Add(_scores, _scoreCounts);
        Array.Clear(_decisionCounts);
        Array.Clear(_standInCounts);
        Array.Clear(_scoreCounts);
    }
}
