using System.Diagnostics;
using System.Globalization;
using StreamScoring.Training.Boosting;
using StreamScoring.Training.Fitting;
using StreamScoring.Training.Rows;
using StreamScoring.Training.Searching;

namespace StreamScoring.Training;

/// <summary>Boosted trees: the validation rows say how many, and a search with what
/// parameters.</summary>
internal sealed class BoostingFitter(
    TrainingOptions options, IReadOnlyList<InputColumn> columns, string dataHash, Action<string> say, Action<FormattableString> show, CancellationToken cancel) : Fitter
{
    private BoostingParameters _parameters = options.Boosting;
    private int? _trials;

    public override IReadOnlyList<(string Key, string Value)> OfCard =>
    [
        ("parameters", _parameters.ToString()),
        ("library", "LightGBM 4.7.0"),
        ("fraud_weight", options.FraudWeight?.ToString(CultureInfo.InvariantCulture) ?? "balanced"),
        .. _trials is { } trials ? [("search", string.Create(CultureInfo.InvariantCulture, $"the best of {trials} trials"))] : Array.Empty<(string, string)>(),
        .. columns.Any(column => column.IsCategory) ? [("categorical", string.Join(", ", columns.Where(column => column.IsCategory).Select(column => column.Name)))] : Array.Empty<(string, string)>(),
        .. columns.Any(column => column.Direction != 0)
            ? [("monotone", string.Join(", ", columns.Where(column => column.Direction != 0).Select(column => $"{column.Name} {(column.Direction > 0 ? "increasing" : "decreasing")}")))]
            : Array.Empty<(string, string)>(),
    ];

    public override int? Trials => _trials;

    public override IFittedModel Fit(LabelledRows rows, LabelledRows validation)
    {
        if (options.Search is { } search)
        {
            Search(rows, validation, search);
        }

        using var data = new BoostingData(rows, validation, SettingsFor(rows));
        return FitMembers(data, _ => TreesMax, options.Patience);
    }

    public override IFittedModel Refit(LabelledRows rows, IFittedModel? model)
    {
        using var data = new BoostingData(rows, null, SettingsFor(rows));
        using var fitted = model as BoostedModel;
        return FitMembers(data, member => fitted?.TreeCounts[member] ?? options.Trees ?? TrainingOptions.TreesUnmeasured, patience: 0);
    }

    private int TreesMax => options.Trees ?? TrainingOptions.TreesDefault;

    private BoostingSettings SettingsFor(LabelledRows rows) => new(columns, WeightOf(options.FraudWeight, rows), options.Seed, options.Threads);

    private void Search(LabelledRows rows, LabelledRows validation, SearchOptions asked)
    {
        var search = new ParameterSearch(rows, validation, SettingsFor(rows), options.Boosting, TreesMax, options.Patience);
        using var log = SearchLog.Open(asked.LogFile, search.Subject(dataHash));
        if (log.Trials.Count > 0)
        {
            say($"{asked.LogFile}: {log.Trials.Count:N0} trials are there already");
        }

        var clock = Stopwatch.StartNew();
        var (best, count) = search.Run(
            log, asked.Trials, () => asked.Time is not { } time || clock.Elapsed < time, options.Threads,
            (trial, best, count) => show($"{count:N0} trials{(asked.Trials < int.MaxValue ? $" of {asked.Trials:N0}" : "")}, {clock.Elapsed:mm\\:ss}; average precision {trial.AveragePrecision:0.0000}, best {best.AveragePrecision:0.0000} of trial {best.Trial}"),
            cancel);
        (_parameters, _trials) = (best.Parameters, count);
        say(FormattableString.Invariant($"trial {best.Trial} of {count} is the best, average precision {best.AveragePrecision:0.0000}: {best.Parameters}"));
    }

    private BoostedModel FitMembers(BoostingData data, Func<int, int> treesOf, int patience)
    {
        var members = new List<BoostedMember>();
        try
        {
            for (var i = 0; i < options.Members; i++)
            {
                members.Add(BoostedMember.Fit(data, _parameters, i, treesOf(i), patience, (count, best) => Show(i, count, best), cancel));
            }

            // What is kept of the rows goes with the data; the trees stay.
            return new BoostedModel(members, "boosted trees");
        }
        catch
        {
            members.ForEach(member => member.Dispose());
            throw;
        }

        void Show(int member, int count, double best) =>
            show($"{(options.Members > 1 ? $"booster {member + 1} of {options.Members}, " : "")}tree {count:N0}{(double.IsNaN(best) ? "" : $", best average precision {best:0.0000}")}");
    }
}
