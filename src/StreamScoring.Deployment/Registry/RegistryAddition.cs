namespace StreamScoring.Deployment.Registry;

/// <summary>What came of adding a version.</summary>
public enum RegistryAddition
{
    New,

    /// <summary>It was there, and its files had been changed: they are those that were given
    /// now.</summary>
    Mended,

    /// <summary>It was there, with the same files.</summary>
    SameFiles,

    /// <summary>It was there, with another card or other golden rows, which stay.</summary>
    OtherFiles,
}
