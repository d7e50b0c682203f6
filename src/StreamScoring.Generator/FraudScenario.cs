namespace StreamScoring.Generator;

/// <summary>The kinds of fraud of the generated world.</summary>
internal enum FraudScenario
{
    /// <summary>
    /// A card used from a new device and another country, for high amounts, within hours.
    /// </summary>
    StolenCard,

    /// <summary>Many small online payments at few merchants, many cards from one device.</summary>
    CardTesting,

    /// <summary>Cards that were used at one terminal are used elsewhere for some days.</summary>
    CompromisedTerminal,

    /// <summary>
    /// A known card with a new device and a new e-mail, for goods that sell well.
    /// </summary>
    AccountTakeover,

    /// <summary>Looks genuine in every respect, and is disputed later.</summary>
    FriendlyFraud,

    /// <summary>A merchant charges its customers again and again, and disappears.</summary>
    MerchantBustOut,

    /// <summary>One address, one merchant, a new card every few seconds.</summary>
    VelocityAttack,
}
