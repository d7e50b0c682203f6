namespace StreamScoring.TestSupport;

/// <summary>
/// A fact that needs the shared folder; skipped, with the reason, where it is not there.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedFactAttribute : FactAttribute
{
    public SharedFactAttribute() => Skip = SharedFolder.MissingReason;
}
