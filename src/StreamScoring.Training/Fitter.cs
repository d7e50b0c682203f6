using StreamScoring.Training.Fitting;
using StreamScoring.Training.Rows;

namespace StreamScoring.Training;

/// <summary>A way of making models.</summary>
internal abstract class Fitter
{
    /// <summary>What a card says of it beside the model's description.</summary>
    public abstract IReadOnlyList<(string Key, string Value)> OfCard { get; }

    /// <summary>Of the search; null where there was none.</summary>
    public virtual int? Trials => null;

    /// <summary>Fits to rows as well as the validation rows say.</summary>
    public abstract IFittedModel Fit(LabelledRows rows, LabelledRows validation);

    /// <param name="model">That taught how; null where nothing could. It is given up.</param>
    public abstract IFittedModel Refit(LabelledRows rows, IFittedModel? model);

    /// <param name="asked">Null: both kinds count alike.</param>
    protected static double WeightOf(double? asked, LabelledRows rows) => asked ?? (double)(rows.Count - rows.FraudCount) / rows.FraudCount;
}
