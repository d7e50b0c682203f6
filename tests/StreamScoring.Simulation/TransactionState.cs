namespace StreamScoring.Simulation;

internal enum TransactionState
{
    Open,
    Committed,
    Aborted,
}
