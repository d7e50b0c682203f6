using System.Globalization;
using StreamScoring.Training.Boosting;
using StreamScoring.Training.Rows;

namespace StreamScoring.Training.Searching;

/// <summary>
/// Looks for the parameters whose trees have the best average precision on the validation rows.
/// Trials run beside each other, a thread and a copy of the binned rows each.
/// </summary>
internal sealed class ParameterSearch(LabelledRows training, LabelledRows validation, BoostingSettings settings, BoostingParameters given, int treesMax, int patience)
{
    private readonly Lock _lock = new();

    /// <param name="log">Holds trials of before; new ones are added.</param>
    /// <param name="trialsMax">That there are to be in all, those of the log among them.</param>
    /// <param name="until">Whether there is time for another trial; one that has begun is
    /// ended.</param>
    /// <param name="workers">Trials at the same time.</param>
    /// <param name="done">Told of each new trial, and of the best so far.</param>
    /// <returns>The best trial, the first of equals; and how many there were.</returns>
    public (SearchTrial Best, int Count) Run(
        SearchLog log, int trialsMax, Func<bool> until, int workers, Action<SearchTrial, SearchTrial, int> done, CancellationToken cancel)
    {
        var trials = log.Trials.Where(trial => trial.Trial < trialsMax).DistinctBy(trial => trial.Trial).ToDictionary(trial => trial.Trial);
        var next = 0;
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var single = settings with { Threads = 1 };
        Exception? cause = null;
        Thread[] threads = [.. Enumerable.Range(0, workers).Select(i => new Thread(Work) { Name = $"search {i}", IsBackground = true })];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        cancel.ThrowIfCancellationRequested();
        return cause is not null ? throw new InvalidOperationException($"a trial failed: {cause.Message}", cause) : (Best(), trials.Count);

        void Work()
        {
            try
            {
                using var data = new BoostingData(training, validation, single);
                while (Take() is { } number)
                {
                    var parameters = SearchSpace.Draw(given, settings.Seed, number);
                    using var member = BoostedMember.Fit(data, parameters, member: 0, treesMax, patience, (_, _) => { }, failed.Token);
                    lock (_lock)
                    {
                        var trial = new SearchTrial(number, parameters, member.TreeCount, member.AveragePrecision);
                        trials.Add(number, trial);
                        log.Add(trial);
                        done(trial, Best(), trials.Count);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // Whoever waits for the threads says so.
            }
            catch (Exception e)
            {
                lock (_lock)
                {
                    cause ??= e;
                }

                failed.Cancel();
            }
        }

        int? Take()
        {
            lock (_lock)
            {
                while (trials.ContainsKey(next))
                {
                    next++;
                }

                // The first one is asked for by name, and there must be a best.
                return next < trialsMax && !failed.IsCancellationRequested && (trials.Count == 0 || until()) ? next++ : null;
            }
        }

        SearchTrial Best() => trials.Values.OrderByDescending(trial => trial.AveragePrecision).ThenBy(trial => trial.Trial).First();
    }

    /// <summary>What decides the trials of a search.</summary>
    public IReadOnlyList<(string Key, string Value)> Subject(string dataHash) =>
    [
        ("data", dataHash),
        ("rows", string.Create(CultureInfo.InvariantCulture, $"{training.Count} fitted to, {validation.Count} for validation")),
        ("settings", (settings with { Threads = 1 }).OfBooster(given, 0)),
        ("trees", string.Create(CultureInfo.InvariantCulture, $"{treesMax} at the most, patience {patience}")),
    ];
}
