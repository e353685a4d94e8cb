using DisBack.TestKit.Services;

[assembly: AssemblyFixture(typeof(Azurite))]
