namespace StreamScoring.Scoring;

/// <summary>
/// What is known of models that are left alone, by version: a change of the policy that keeps a
/// model keeps that. From any thread.
/// </summary>
/// <param name="failures">Told when one rests and when it answers again; null: nobody is.</param>
internal sealed class ModelRests(TimeProvider clock, ModelFailures? failures)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Name, string Version), ModelRest> _rests = [];

    public ModelRest Of(ServedModel served)
    {
        lock (_gate)
        {
            var key = (served.Model.Name, served.Model.Version);
            return _rests.TryGetValue(key, out var rest) ? rest : _rests[key] = new ModelRest(served.Id, clock, failures);
        }
    }

    /// <summary>Forgets all others.</summary>
    public void Retain(IEnumerable<IFraudModel> models)
    {
        lock (_gate)
        {
            foreach (var (key, rest) in _rests.ExceptBy(models.Select(model => (model.Name, model.Version)), rest => rest.Key).ToList())
            {
                rest.Forget();
                _rests.Remove(key);
            }
        }
    }
}
