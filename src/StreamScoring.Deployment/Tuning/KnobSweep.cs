namespace StreamScoring.Deployment.Tuning;

/// <summary>
/// Finds better values one knob at a time, each from the best that the knobs before it gave. A
/// candidate and the incumbent are measured in turn, who is first changing from round to round, so
/// that what else the machine does falls on both.
/// </summary>
/// <param name="rounds">Trials of each in one comparison.</param>
/// <param name="measure">One trial with these values, by key.</param>
/// <param name="progress">Told before each trial.</param>
public sealed class KnobSweep(
    TuneGoal goal, int rounds, Func<IReadOnlyDictionary<string, string>, CancellationToken, Task<TrialFigures>> measure, Action<SweepProgress> progress)
{
    private readonly List<KnobComparison> _comparisons = [];
    private int _trialsDone;
    private int _comparisonsLeft;

    public async Task<SweepResult> RunAsync(IReadOnlyList<KnobLadder> ladders, IReadOnlyDictionary<string, string> start, CancellationToken cancel)
    {
        var best = new Dictionary<string, string>(start);
        // One for the check.
        _comparisonsLeft = 1 + ladders.Sum(ladder => ladder.ComparisonsMax(start[ladder.Key]));
        foreach (var ladder in ladders)
        {
            var left = _comparisonsLeft - ladder.ComparisonsMax(start[ladder.Key]);
            await (ladder.IsOrdered ? WalkAsync(ladder, best, cancel) : TryEachAsync(ladder, best, cancel));
            _comparisonsLeft = left;
        }

        var changed = best.Where(knob => knob.Value != start[knob.Key]).ToList();
        var check = changed.Count == 0 ? null : await CompareAsync(
            string.Join(", ", changed.Select(knob => knob.Key)), string.Join(", ", changed.Select(knob => start[knob.Key])), string.Join(", ", changed.Select(knob => knob.Value)),
            start, best, cancel);
        return new SweepResult(start, best, _comparisons, check);
    }

    private async Task WalkAsync(KnobLadder ladder, Dictionary<string, string> best, CancellationToken cancel)
    {
        var start = ladder.IndexOf(best[ladder.Key]);
        foreach (var direction in new[] { 1, -1 })
        {
            var at = start;
            while (at + direction >= 0 && at + direction < ladder.Steps.Count && await TakesAsync(ladder.Key, ladder.Steps[at + direction], best, cancel))
            {
                at += direction;
            }

            if (at != start)
            {
                return;
            }
        }
    }

    private async Task TryEachAsync(KnobLadder ladder, Dictionary<string, string> best, CancellationToken cancel)
    {
        var current = best[ladder.Key];
        foreach (var step in ladder.Steps.Where(step => step != current))
        {
            await TakesAsync(ladder.Key, step, best, cancel);
        }
    }

    private async Task<bool> TakesAsync(string key, string value, Dictionary<string, string> best, CancellationToken cancel)
    {
        var candidate = new Dictionary<string, string>(best) { [key] = value };
        var comparison = await CompareAsync(key, best[key], value, best, candidate, cancel);
        _comparisons.Add(comparison);
        _comparisonsLeft = Math.Max(1, _comparisonsLeft - 1);
        if (comparison.IsTaken)
        {
            best[key] = value;
        }

        return comparison.IsTaken;
    }

    private async Task<KnobComparison> CompareAsync(
        string key, string from, string to, IReadOnlyDictionary<string, string> incumbent, IReadOnlyDictionary<string, string> candidate, CancellationToken cancel)
    {
        var (incumbents, candidates) = (new List<TrialFigures>(), new List<TrialFigures>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var isCandidate in round % 2 == 0 ? new[] { false, true } : [true, false])
            {
                cancel.ThrowIfCancellationRequested();
                progress(new SweepProgress(
                    $"{key} {from} -> {to}, round {round + 1} of {rounds}", _trialsDone, (_comparisonsLeft * 2 * rounds) - incumbents.Count - candidates.Count));
                (isCandidate ? candidates : incumbents).Add(await measure(isCandidate ? candidate : incumbent, cancel));
                _trialsDone++;
            }
        }

        return new KnobComparison(key, from, to, new TrialRepeats(goal, incumbents), new TrialRepeats(goal, candidates));
    }
}
