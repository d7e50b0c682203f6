using StreamScoring.Training.Evaluating;

namespace StreamScoring.Host.Evaluating;

/// <summary>What came of an evaluation.</summary>
/// <param name="Model">As decisions name it: name and version.</param>
/// <param name="Unlabelled">Rows without a label.</param>
/// <param name="Unscored">Rows with one for which the model has no probability.</param>
/// <param name="FirstUnscored">The first of them, of either model, and why; null where there is
/// none.</param>
/// <param name="K">Cards that analysts look at a day.</param>
/// <param name="Intervals">By measure the middle 95 % of the draws.</param>
/// <param name="Comparison">With another model; null where there is none.</param>
/// <param name="Segments">By column and value.</param>
/// <param name="Curve">Precision over recall.</param>
/// <param name="Money">Shares of the frauds' and of the genuine payments' money; empty where nobody
/// asked.</param>
/// <param name="Calibration">Of bins with rows.</param>
/// <param name="Notices">What whoever reads it should know.</param>
internal sealed record EvaluationResult(
    string Model, Evaluation Whole, int Unlabelled, int Unscored, string? FirstUnscored, int K, IReadOnlyDictionary<string, (double Low, double High)> Intervals, EvaluationComparison? Comparison,
    IReadOnlyList<(string Column, string Value, Evaluation Evaluation)> Segments, IReadOnlyList<(double Recall, double Precision)> Curve, IReadOnlyList<(double Fraud, double Genuine)> Money,
    IReadOnlyList<(int Rows, double Mean, double Share)> Calibration, IReadOnlyList<string> Notices);

/// <summary>Two models on the same rows.</summary>
/// <param name="Other">On the rows for which both have a probability, as the whole.</param>
/// <param name="Differences">By measure: the first one less the other one, and the middle 95 % of
/// that over the same draws; null where nothing was drawn.</param>
internal sealed record EvaluationComparison(
    string Model, Evaluation Other, IReadOnlyDictionary<string, (double Difference, (double Low, double High)? Interval)> Differences, IReadOnlyList<(double Recall, double Precision)> Curve, IReadOnlyList<(double Fraud, double Genuine)> Money);
