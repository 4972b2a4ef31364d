# A role in a member account that Daypass may hand out: the Terraform twin of target-role.yml, where the reasons stand.
#
#   module "daypass_readonly" {
#     source              = "./daypass-role"
#     broker_role_arn     = "arn:aws:iam::444455556666:role/daypass-prod-eu-central-1-credentials"
#     role_name           = "ReadOnly"
#     external_id         = "daypass-prod"
#     managed_policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
#   }

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "broker_role_arn" {
  description = "Output BrokerRoleArn of the broker's stack."
  type        = string
  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.broker_role_arn))
    error_message = "broker_role_arn must be the ARN of an IAM role."
  }
}

variable "role_name" {
  description = "As in access.yml, where the role is account/role_name."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.role_name))
    error_message = "role_name must be a legal IAM role name."
  }
}

variable "external_id" {
  description = "The externalId of this role in access.yml. Not a secret; it names who the trust is meant for."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@:/-]{2,1000}$", var.external_id))
    error_message = "external_id must be 2 characters or more of A-Z a-z 0-9 _ + = , . @ : / -."
  }
}

variable "allowed_tag_keys" {
  description = "Session tags the broker may set. Add the tag keys that grants in access.yml set, such as team."
  type        = list(string)
  default     = ["daypass:*"]
}

variable "managed_policy_arns" {
  description = "What the role may do."
  type        = set(string)
  default     = []
}

variable "max_session_duration" {
  description = "Seconds. Daypass assumes roles from a role, where AWS caps every session at 3600."
  type        = number
  default     = 3600
}

variable "permissions_boundary_arn" {
  description = "Optional."
  type        = string
  default     = null
}

resource "aws_iam_role" "role" {
  name                 = var.role_name
  description          = "Handed out by Daypass."
  max_session_duration = var.max_session_duration
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "BrokerAssumesForAPerson"
        Effect    = "Allow"
        Principal = { AWS = var.broker_role_arn }
        Action    = "sts:AssumeRole"
        Condition = {
          StringEquals = {
            "sts:ExternalId" = var.external_id
          }
          StringLike = {
            "sts:RoleSessionName"               = ["??????????????????????????", "??????????????????????????-*"]
            "sts:SourceIdentity"                = "??*"
            "aws:RequestTag/daypass:session-id" = "??????????????????????????"
          }
        }
      },
      {
        Sid       = "BrokerNamesThePerson"
        Effect    = "Allow"
        Principal = { AWS = var.broker_role_arn }
        Action    = "sts:SetSourceIdentity"
        Condition = {
          StringLike = {
            "sts:SourceIdentity" = "??*"
          }
        }
      },
      {
        Sid       = "BrokerTagsTheSession"
        Effect    = "Allow"
        Principal = { AWS = var.broker_role_arn }
        Action    = "sts:TagSession"
        Condition = {
          "ForAllValues:StringLike" = {
            "aws:TagKeys" = var.allowed_tag_keys
          }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "managed" {
  for_each   = var.managed_policy_arns
  role       = aws_iam_role.role.name
  policy_arn = each.value
}

output "role_arn" {
  description = "For access.yml"
  value       = aws_iam_role.role.arn
}
