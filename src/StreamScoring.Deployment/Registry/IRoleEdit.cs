using StreamScoring.Configuration;

namespace StreamScoring.Deployment.Registry;

/// <summary>
/// A change of roles. What is read while it lasts is what it changes: of two changes at once one is
/// refused.
/// </summary>
public interface IRoleEdit : IDisposable
{
    /// <summary>Puts roles in force, and writes down what changes and why.</summary>
    /// <param name="isRollback">Another champion is the one before.</param>
    /// <param name="why">Null where nothing was said.</param>
    /// <exception cref="InvalidInputFileException">They cannot be written, or those of before are
    /// wrong.</exception>
    void SetRoles(ModelRoles roles, bool isRollback, string by, string? why);
}
