-- What a meter category, or else a resource provider, is in FOCUS. What is not here is Other.
-- Source: Microsoft, "Azure resource providers and types"; the categories are those of FOCUS.
select lower(Key) as Key, ServiceCategory
from (
    select unnest(string_split(Keys, ', ')) as Key, ServiceCategory
    from (values
        ('Virtual Machines, Virtual Machines Licenses, Azure App Service, Azure Kubernetes Service, Container Instances, '
            || 'Azure Container Apps, Functions, Cloud Services, Azure VMware Solution, Azure Spring Cloud, Batch, '
            || 'Service Fabric Mesh, Virtual Desktop, Specialized Compute, '
            || 'Microsoft.Compute, Microsoft.ClassicCompute, Microsoft.ContainerInstance, Microsoft.ContainerService, '
            || 'Microsoft.App, Microsoft.Batch, Microsoft.AVS, Microsoft.DesktopVirtualization, Microsoft.Capacity, '
            || 'Microsoft.BillingBenefits', 'Compute'),
        ('Storage, Azure NetApp Files, Azure Data Box, Azure HPC Cache, StorSimple, Backup, Azure Managed Lustre, '
            || 'Azure Elastic SAN, Microsoft.Storage, Microsoft.ClassicStorage, Microsoft.NetApp, Microsoft.DataBox, '
            || 'Microsoft.StorageCache, Microsoft.ElasticSan', 'Storage'),
        ('SQL Database, SQL Managed Instance, SQL Server, Azure Cosmos DB, Azure Database for MySQL, '
            || 'Azure Database for MariaDB, Azure Database for PostgreSQL, Azure Cache for Redis, Redis Cache, '
            || 'Azure SQL Edge, Microsoft.Sql, Microsoft.SqlVirtualMachine, Microsoft.DocumentDB, Microsoft.DBforMySQL, '
            || 'Microsoft.DBforMariaDB, Microsoft.DBforPostgreSQL, Microsoft.Cache', 'Databases'),
        ('Virtual Network, Bandwidth, Load Balancer, Application Gateway, VPN Gateway, ExpressRoute, Azure DNS, '
            || 'Traffic Manager, Azure Firewall Manager, NAT Gateway, Network Watcher, Azure Bastion, Virtual WAN, '
            || 'Azure Front Door Service, Content Delivery Network, Azure Private Link, Azure Route Server, '
            || 'Microsoft.Network, Microsoft.ClassicNetwork, Microsoft.Cdn', 'Networking'),
        ('Azure Data Factory v2, Azure Data Factory, Azure Synapse Analytics, Azure Databricks, HDInsight, '
            || 'Stream Analytics, Azure Data Explorer, Power BI Embedded, Microsoft Fabric, Azure Analysis Services, '
            || 'Microsoft Purview, Azure Purview, Azure Data Share, Microsoft.DataFactory, Microsoft.Synapse, '
            || 'Microsoft.Databricks, Microsoft.HDInsight, Microsoft.StreamAnalytics, Microsoft.Kusto, '
            || 'Microsoft.PowerBIDedicated, Microsoft.Fabric, Microsoft.AnalysisServices, Microsoft.Purview', 'Analytics'),
        ('Azure Machine Learning, Cognitive Services, Azure Cognitive Search, Azure AI Search, Azure OpenAI, '
            || 'Azure Bot Service, Foundry Models, Foundry Tools, Azure Applied AI Services, '
            || 'Microsoft.MachineLearningServices, Microsoft.CognitiveServices, Microsoft.Search, Microsoft.BotService',
            'AI and Machine Learning'),
        ('Event Hubs, Event Grid, Service Bus, Logic Apps, API Management, Notification Hubs, Azure Relay, '
            || 'Azure API for FHIR, Microsoft.EventHub, Microsoft.EventGrid, Microsoft.ServiceBus, Microsoft.Logic, '
            || 'Microsoft.ApiManagement, Microsoft.NotificationHubs, Microsoft.Relay', 'Integration'),
        ('Key Vault, Advanced Threat Protection, Advanced Data Security, Security Center, Sentinel, '
            || 'Microsoft Defender for Cloud, Azure Firewall, Azure DDOS Protection, Azure Dedicated HSM, '
            || 'Microsoft.KeyVault, Microsoft.Security, Microsoft.SecurityInsights, Microsoft.HardwareSecurityModules',
            'Security'),
        ('Azure Active Directory, Azure Active Directory B2C, Azure Active Directory Domain Services, '
            || 'Azure Active Directory for External Identities, Microsoft Entra ID, Microsoft.AzureActiveDirectory, '
            || 'Microsoft.AAD', 'Identity'),
        ('Azure Monitor, Log Analytics, Application Insights, Insight and Analytics, Automation, Azure Policy, '
            || 'Azure Site Recovery, Azure Arc, Microsoft.Insights, Microsoft.OperationalInsights, Microsoft.Automation, '
            || 'Microsoft.RecoveryServices, Microsoft.HybridCompute, Microsoft.AzureArcData, Microsoft.Monitor, '
            || 'Microsoft.Dashboard, Azure Grafana Service', 'Management and Governance'),
        ('Container Registry, Azure DevOps, Azure DevTest Labs, Azure Lab Services, Azure Load Testing, '
            || 'App Configuration, GitHub, Visual Studio Subscription, Microsoft.ContainerRegistry, '
            || 'Microsoft.VisualStudio, Microsoft.DevTestLab, Microsoft.LabServices, Microsoft.AppConfiguration',
            'Developer Tools'),
        ('IoT Hub, IoT Central, Digital Twins, Azure Maps, Time Series Insights, Windows 10 IoT Core Services, '
            || 'Microsoft.Devices, Microsoft.IoTCentral, Microsoft.DigitalTwins, Microsoft.Maps', 'Internet of Things'),
        ('Media Services, Microsoft.Media', 'Media'),
        ('SignalR, Web PubSub, Azure Static Web Apps, Microsoft.SignalRService, Microsoft.Web', 'Web'),
        ('Azure Migrate, Azure Database Migration Service, Microsoft.Migrate, Microsoft.DataMigration', 'Migration'),
        ('Azure Communication Services, SMS, Phone Numbers, Microsoft.Communication, Dynamics 365, Microsoft 365',
            'Business Applications')
    ) as service (Keys, ServiceCategory)
)
