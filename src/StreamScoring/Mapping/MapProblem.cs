namespace StreamScoring.Mapping;

/// <summary>One field of a record that could not be made.</summary>
/// <param name="Plan">The field's.</param>
/// <param name="Reason">Why.</param>
public readonly record struct MapProblem(FieldPlan Plan, MapReason Reason);
