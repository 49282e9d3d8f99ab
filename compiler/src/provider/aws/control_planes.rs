//! The locations of control planes. A recovery should not need one, in particular not one that runs in a
//! single region.
//!
//! Source: AWS whitepaper "AWS Fault Isolation Boundaries", "Global services" and appendix A. The control planes of
//! IAM, Organizations, Account Management, Route 53, CloudFront, WAF and Shield are in us-east-1; those of ARC, Network
//! Manager and Global Accelerator in us-west-2. Creating and configuring buckets depends on us-east-1 in every region.

use crate::diagnostic::codes;
use crate::provider::facts::ControlPlane;

const CREATE: &[&str] = &["Create"];

/// Ordered from specific to general: the first group that contains a call reports it.
pub(super) const CONTROL_PLANES: &[ControlPlane] = &[
    ControlPlane {
        code: codes::CALLS_DNS,
        what: "changes DNS records or health checks, whose control plane is in us-east-1",
        instead: "let health checks move the traffic: `does: failover traffic.NAME` needs no call",
        calls: &[("route53", &["Change", "Create", "Update", "Delete", "Associate", "Disassociate"])],
    },
    ControlPlane {
        code: codes::CALLS_IAM,
        what: "changes IAM, whose control plane is in us-east-1",
        instead: "create the roles, users and policies of the recovery in advance",
        calls: &[(
            "iam",
            &[
                "Create",
                "Attach",
                "Put",
                "Update",
                "Add",
                "Set",
                "Delete",
                "Detach",
                "Remove",
                "Enable",
                "ChangePassword",
                "Upload",
            ],
        )],
    },
    ControlPlane {
        code: codes::CALLS_ACCOUNT,
        what: "changes the organization or the account, whose control planes are in us-east-1",
        instead: "opt in to the regions and create the accounts in advance: enabling a region can take hours",
        calls: &[
            (
                "organizations",
                &[
                    "Create", "Move", "Invite", "Attach", "Detach", "Enable", "Disable", "Update", "Delete",
                    "Remove", "Close", "Accept",
                ],
            ),
            ("account", &["Enable", "Disable", "Put", "Delete"]),
        ],
    },
    ControlPlane {
        code: codes::CALLS_RECOVERY_CONFIG,
        what: "changes the configuration of ARC, networks or multi-region access points, whose control planes are in us-west-2",
        instead: "configure them in advance; during the disaster change routing control states, or a multi-region access point's routes",
        calls: &[
            ("route53-recovery-control-config", &["Create", "Update", "Delete"]),
            ("route53-recovery-readiness", &["Create", "Update", "Delete"]),
            ("arc-region-switch", &["Create", "Update", "Delete"]),
            ("networkmanager", &["Create", "Update", "Delete", "Associate", "Disassociate", "Register"]),
            (
                "s3",
                &[
                    "CreateMultiRegionAccessPoint",
                    "DeleteMultiRegionAccessPoint",
                    "PutMultiRegionAccessPointPolicy",
                ],
            ),
        ],
    },
    ControlPlane {
        code: codes::CALLS_BUCKETS,
        what: "creates or configures a bucket, which depends on us-east-1 in every region",
        instead: "let Holdfast create the buckets and their settings in advance; reading and writing objects is fine",
        calls: &[(
            "s3",
            &[
                "CreateBucket",
                "DeleteBucket",
                "PutBucket",
                "PutReplicationConfiguration",
                "PutEncryptionConfiguration",
                "PutLifecycleConfiguration",
                "PutAccelerateConfiguration",
                "PutPublicAccessBlock",
                "PutObjectLockConfiguration",
            ],
        )],
    },
    ControlPlane {
        code: codes::CALLS_ENDPOINTS,
        what: "creates something with a DNS name, which needs Route 53's control plane in us-east-1",
        instead: "create it at the standby in advance",
        calls: &[
            ("elasticloadbalancing", &["CreateLoadBalancer"]),
            ("apigateway", &["Create", "POST", "PUT", "PATCH"]),
            ("elasticache", CREATE),
            ("es", CREATE),
            ("aoss", CREATE),
            ("memorydb", CREATE),
            ("neptune", CREATE),
            ("dax", CREATE),
            ("eks", &["CreateCluster"]),
            ("servicediscovery", &["Create", "Register"]),
            ("ec2", &["CreateVpcEndpoint"]),
            ("lambda", &["CreateFunctionUrlConfig"]),
            ("ecs", &["CreateService"]),
        ],
    },
    ControlPlane {
        code: codes::CALLS_EDGE,
        what: "changes the edge, whose control planes are in us-east-1 and us-west-2",
        instead: "use origin groups in CloudFront, and endpoints with health checks in Global Accelerator",
        calls: &[
            ("cloudfront", &["Create", "Update", "Delete", "Associate", "Publish"]),
            ("wafv2", &["Create", "Update", "Delete", "Associate", "Put"]),
            ("waf", &["Create", "Update", "Delete", "Put"]),
            ("waf-regional", &["Create", "Update", "Delete", "Associate", "Put"]),
            ("shield", &["Create", "Update", "Associate"]),
            ("globalaccelerator", &["Create", "Update", "Delete", "Add", "Remove"]),
        ],
    },
    ControlPlane {
        code: codes::CALLS_ARC_LOOKUP,
        what: "looks up what must be known in advance, in a control plane in us-west-2",
        instead: "keep the five cluster endpoints and the routing control ARNs with the procedure, and try all of them",
        calls: &[("route53-recovery-control-config", &["Describe", "List"])],
    },
    ControlPlane {
        code: codes::CALLS_PROVISIONING,
        what: "provisions capacity during the disaster, when everybody else does",
        instead: "keep a warm standby or a capacity reservation at the standby site",
        calls: &[
            (
                "ec2",
                &[
                    "RunInstances",
                    "CreateFleet",
                    "RequestSpot",
                    "StartInstances",
                    "CreateCapacityReservation",
                ],
            ),
            ("autoscaling", &["Create", "SetDesiredCapacity", "Update"]),
            ("rds", &["CreateDB", "RestoreDB", "StartDB", "CreateGlobalCluster"]),
            ("redshift", &["Create", "Restore"]),
            ("ecs", &["UpdateService", "RunTask"]),
            ("eks", &["CreateNodegroup", "UpdateNodegroup"]),
            ("application-autoscaling", &["Register", "Put"]),
        ],
    },
];
