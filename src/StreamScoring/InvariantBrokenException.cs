namespace StreamScoring;

/// <summary>A condition that the code relies on does not hold.</summary>
public sealed class InvariantBrokenException(string condition) : Exception($"broken invariant: {condition}");
