namespace StreamScoring.Deployment.Registry;

/// <summary>What differs between two states of roles, as a history has it.</summary>
public static class RoleChanges
{
    /// <param name="isRollback">Another champion is the one before.</param>
    /// <param name="at">ISO 8601, UTC.</param>
    public static IEnumerable<RegistryEvent> Of(ModelRoles before, ModelRoles now, bool isRollback, string at, string by, string? why)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(now);
        return
        [
            .. Change(isRollback ? RegistryEvent.Rollback : RegistryEvent.Champion, now.Champion, before.Champion),
            .. now.Canary == before.Canary ? [] : Change(RegistryEvent.Canary, now.Canary?.Model, before.Canary?.Model, now.Canary?.Share),
            .. Change(RegistryEvent.Fallback, now.Fallback, before.Fallback),
            .. before.Shadows.Except(now.Shadows).Select(model => Event(RegistryEvent.Removed(RegistryEvent.Shadow), model)),
            .. now.Shadows.Except(before.Shadows).Select(model => Event(RegistryEvent.Shadow, model)),
            .. before.Aliases.Where(alias => !now.Aliases.ContainsKey(alias.Key)).Select(alias => Event(RegistryEvent.Removed(RegistryEvent.Alias), alias.Value) with { As = alias.Key }),
            .. now.Aliases.Where(alias => !before.Aliases.Contains(alias)).Select(
                alias => Event(RegistryEvent.Alias, alias.Value, before.Aliases.TryGetValue(alias.Key, out var old) ? old : null) with { As = alias.Key }),
        ];

        IEnumerable<RegistryEvent> Change(string role, ModelReference? model, ModelReference? old, string? share = null) =>
            model is { } one ? one == old && share is null ? [] : [Event(role, one, old, share)]
            : old is { } removed ? [Event(RegistryEvent.Removed(role), removed)]
            : [];

        RegistryEvent Event(string kind, ModelReference model, ModelReference? replaces = null, string? share = null) =>
            new(at, by, why, kind, model.ToString(), replaces?.ToString(), share);
    }
}
