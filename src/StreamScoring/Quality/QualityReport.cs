namespace StreamScoring.Quality;

/// <summary>
/// How good the decisions of one process are, by what is known of their payments. Counts of two
/// processes add up. The names are a contract as JSON; docs/quality.md has them.
/// </summary>
/// <param name="Since">When this was begun, or what it goes on with.</param>
/// <param name="Watermark">How far event time has come; null for none.</param>
/// <param name="Silence">Whether silence counts as <c>genuine</c>, or is <c>unknown</c>.</param>
/// <param name="CompleteAfterSeconds">How long after its end a day counts as complete; null where
/// too few labels came.</param>
/// <param name="Recent">Of the newest complete days together; null where none is complete.</param>
/// <param name="Days">Newest first.</param>
public sealed record QualityReport(
    DateTimeOffset Since, DateTimeOffset? Watermark, string Silence, double? CompleteAfterSeconds, LabelDelay FraudDelay, LabelDelay GenuineDelay, LabelCounts Labels, HeldPayments Held,
    RecentQuality? Recent, IReadOnlyList<DayQuality> Days);

/// <summary>How long after their payments labels of one kind came lately.</summary>
/// <param name="Labels">Of which that is known.</param>
/// <param name="MedianSeconds">Null where there are too few, as for the other.</param>
/// <param name="CompleteSeconds">By when the share of a complete day was known.</param>
public sealed record LabelDelay(long Labels, double? MedianSeconds, double? CompleteSeconds);

/// <summary>Labels that were read, by what became of them.</summary>
/// <param name="Joined">First ones of payments that are held.</param>
/// <param name="JoinedLater">Of those not held, those whose decision came later.</param>
/// <param name="Waiting">Of those not held, those that still wait for a decision.</param>
/// <param name="Dropped">Not counted, as too many came at once.</param>
/// <param name="Missed">Passed over between a process's end and the next one's start, at the
/// most.</param>
public sealed record LabelCounts(long Joined, long Corrected, long Repeated, long Superseded, long NotHeld, long JoinedLater, long Waiting, long OtherDay, long Dropped, long Missed);

/// <param name="OtherDay">Decisions of days that are not held.</param>
/// <param name="Dropped">Decisions that are not counted, as too many came at once.</param>
public sealed record HeldPayments(long Payments, long PaymentsMax, long OtherDay, long Dropped);

/// <param name="Days">Of which it is the sum.</param>
public sealed record RecentQuality(IReadOnlyList<string> Days, QualityFigures Figures);

/// <param name="Day">As <c>2026-01-31</c>, UTC.</param>
/// <param name="IsComplete">Whether its labels are there, but for a few.</param>
/// <param name="ShareKnown">The share of its labels that is to be expected by now; null where that
/// is not known.</param>
/// <param name="HasGap">Whether decisions of it may be missing.</param>
/// <param name="Weight">How many payments one that is held stands for: of marked ones, of
/// others.</param>
public sealed record DayQuality(string Day, bool IsComplete, double? ShareKnown, bool HasGap, DayWeight Weight, QualityFigures Figures);

/// <param name="Marked">Of payments against which anything was said.</param>
public sealed record DayWeight(long Marked, long Others);

/// <param name="All">All payments.</param>
/// <param name="Stopped">Those that were not allowed.</param>
/// <param name="Precision">Of <paramref name="Stopped"/>.</param>
/// <param name="Recall">Likewise.</param>
/// <param name="RulesUntold">Payments of which rules and shadows are not known.</param>
public sealed record QualityFigures(
    QualityCounts All, QualityCounts Stopped, Proportion? Precision, Proportion? Recall,
    IReadOnlyList<ModelQuality> Models, IReadOnlyList<ActionQuality> Actions, IReadOnlyList<RuleQuality> Rules, long RulesUntold);

/// <summary>Payments by what is known of them.</summary>
/// <param name="Silent">Without a label, and not blocked.</param>
/// <param name="Blocked">Without a label, and blocked: nobody can know.</param>
public sealed record QualityCounts(long Payments, long Frauds, long Genuine, long Silent, long Blocked);

/// <summary>A share, with the interval of 95 %.</summary>
public sealed record Proportion(double Value, double Low, double High);

/// <param name="Role">As decisions name it, or <c>shadow</c>, or <c>none</c>.</param>
/// <param name="All">Payments that it scored.</param>
/// <param name="Flagged">Those for which its score alone asks for more than to allow.</param>
/// <param name="Expected">What the precision would be by its probabilities; null where they are
/// not held, and where nothing is known.</param>
public sealed record ModelQuality(string Role, string Model, QualityCounts All, QualityCounts Flagged, Proportion? Precision, Proportion? Recall, double? Expected);

/// <param name="Frauds">The share of frauds among those of which it is known.</param>
public sealed record ActionQuality(string Action, QualityCounts All, Proportion? Frauds);

/// <param name="Fired">Payments for which it fired.</param>
/// <param name="Recall">Of all frauds.</param>
public sealed record RuleQuality(string Rule, string Action, bool IsShadow, QualityCounts Fired, Proportion? Precision, Proportion? Recall);
