namespace StreamScoring.TestSupport;

/// <summary>
/// A theory that needs the shared folder; skipped, with the reason, where it is not there.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedTheoryAttribute : TheoryAttribute
{
    public SharedTheoryAttribute() => Skip = SharedFolder.MissingReason;
}
