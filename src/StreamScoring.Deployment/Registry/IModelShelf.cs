using StreamScoring.Configuration;

namespace StreamScoring.Deployment.Registry;

/// <summary>
/// Versions of models, and which of them has which role: a folder, or what was published for a
/// deployment.
/// </summary>
public interface IModelShelf
{
    /// <summary>As messages name it.</summary>
    string Place { get; }

    /// <summary>When running processes take a change, as messages say it.</summary>
    string TakenWhen { get; }

    /// <summary>What decides where no version is the champion; null where nothing would.</summary>
    string? ChampionOtherwise { get; }

    /// <summary>Every version, in the order in which they came, with the last time that it was
    /// added.</summary>
    /// <exception cref="InvalidInputFileException">What says so is wrong.</exception>
    IReadOnlyList<(ModelReference Model, RegistryEvent Event)> Models();

    /// <summary>The roles, of versions that are there.</summary>
    /// <exception cref="InvalidInputFileException">What says so is wrong.</exception>
    ModelRoles KnownRoles();

    /// <summary>All changes, oldest first.</summary>
    /// <exception cref="InvalidInputFileException">What says so is wrong.</exception>
    IReadOnlyList<RegistryEvent> History();

    /// <summary>
    /// The champions before the one of now, the last one first. Each rollback goes one further
    /// back; a promotion begins anew.
    /// </summary>
    /// <exception cref="InvalidInputFileException">There is no champion, or what says so is
    /// wrong.</exception>
    IReadOnlyList<ModelReference> ChampionsBefore();

    /// <summary>The folder of a version, on this machine.</summary>
    /// <exception cref="InvalidInputFileException">It cannot be had.</exception>
    string FolderOf(ModelReference model);

    /// <summary>Whether it still holds a version as it was added.</summary>
    /// <param name="isThorough">Whether it may take as long as reading all of it from
    /// afar.</param>
    /// <returns>Null where it does.</returns>
    string? ProblemOf(ModelReference model, bool isThorough);

    /// <summary>Begins a change of roles.</summary>
    /// <exception cref="InvalidInputFileException">Somebody else is changing them.</exception>
    IRoleEdit EditRoles();
}
