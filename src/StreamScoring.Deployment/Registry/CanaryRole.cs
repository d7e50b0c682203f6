using StreamScoring.Contracts;
using StreamScoring.Scoring;

namespace StreamScoring.Deployment.Registry;

/// <summary>A version that decides for a share of an entity's keys.</summary>
/// <param name="Percent">Of the keys, 0 to 100.</param>
/// <param name="By">The id whose keys are shared out.</param>
public sealed record CanaryRole(ModelReference Model, double Percent, TextField By)
{
    /// <summary>As people read it.</summary>
    public string Share => new CanaryShare(Model.Name, Percent, By).ToString();
}
